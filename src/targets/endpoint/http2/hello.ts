import { PREFACE, SETTING, settingsFrame } from './frame.ts';
import { FIRST_ROOM, STREAM_ROOM } from './room.ts';

/** What a client says when its connection is open. */
export const HELLO: Buffer = Buffer.concat([
  PREFACE,
  settingsFrame([
    [SETTING.push, 0],
    [SETTING.window, STREAM_ROOM],
  ]),
  FIRST_ROOM,
]);
