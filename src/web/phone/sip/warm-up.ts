import { Grammar, UA, WebSocketInterface } from 'jssip';

/** What a switch's answers to REGISTER consist of, by JsSIP's name for the rule. */
export const HEADERS = [
  ['Via', 'SIP/2.0/WS pbx.invalid;branch=z9hG4bK1;rport=1;received=192.0.2.1'],
  ['CSeq', '1 REGISTER'],
  ['Contact', '"1000" <sip:1000@192.0.2.1;transport=ws>;tag=1;expires=1'],
  ['WWW_Authenticate', 'Digest realm="pbx", nonce="1", algorithm=MD5, qop="auth"'],
] as const;

/** Has the browser compile what registering uses of JsSIP, which takes longer than using it. */
export function warmUp(): void {
  const sockets = [new WebSocketInterface('ws://pbx.invalid')];
  new UA({ sockets, uri: 'sip:1000@pbx.invalid' });
  for (const [rule, header] of HEADERS) {
    Grammar.parse(header, rule);
  }
}
