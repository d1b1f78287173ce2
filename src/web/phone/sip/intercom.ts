/** A source of SIP headers. */
interface Headers {
  getHeader(name: string): string | undefined;
}

/** Whether a call asks to be answered without ringing: `Call-Info: <...>;answer-after=0`, or the
    same or `info=alert-autoanswer` in Alert-Info (draft-worley-sip-answer-after has not become an
    RFC; desk phones know both). Only 0 seconds count: the person answers a call that rings first. */
export function asksForAnswer(request: Headers): boolean {
  const said = ['Call-Info', 'Alert-Info'].map((name) => request.getHeader(name) ?? '');
  return (
    said.some((value) => /;\s*answer-after\s*=\s*"?0+"?\s*(;|,|$)/i.test(value)) ||
    /info\s*=\s*"?alert-autoanswer/i.test(said[1] ?? '')
  );
}
