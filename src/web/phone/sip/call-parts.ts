/* What a call needs after its INVITE: a part of its own, so that the first page stays small. */
export { watchIdentity } from './identity';
export { refer } from './refer';
export { Reinvites } from './reinvites';
export { ToneSender } from './tone-sender';
