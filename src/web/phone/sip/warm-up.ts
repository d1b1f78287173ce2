import { Grammar, UA, WebSocketInterface } from 'jssip';

/** The headers of a switch's answers to REGISTER, by JsSIP's names of the grammar rules. */
export const HEADERS = [
  ['Via', 'SIP/2.0/WS pbx.invalid;branch=z9hG4bK1;rport=1;received=192.0.2.1'],
  ['CSeq', '1 REGISTER'],
  ['Contact', '"1000" <sip:1000@192.0.2.1;transport=ws>;tag=1;expires=1'],
  ['WWW_Authenticate', 'Digest realm="pbx", nonce="1", algorithm=MD5, qop="auth"'],
] as const;

/** Makes the browser compile the code of JsSIP that a registration uses; compiling takes longer
    than running it. */
export function warmUp(): void {
  const sockets = [new WebSocketInterface('ws://pbx.invalid')];
  new UA({ sockets, uri: 'sip:1000@pbx.invalid' });
  for (const [rule, header] of HEADERS) {
    Grammar.parse(header, rule);
  }
}
