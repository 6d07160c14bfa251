// What a user would write instead: unary calls over @grpc/grpc-js, one in flight on each connection. Prints calls per second.
import { Client, credentials } from '@grpc/grpc-js';
import { GREETING } from './plain-targets.ts';

const [address = '', connections = '1', forS = '5'] = process.argv.slice(2);
const same = (bytes: Buffer): Buffer => bytes;
let answers = 0;

function call(client: Client): void {
  client.makeUnaryRequest('/greet.Greeter/SayHello', same, same, GREETING, (error) => {
    if (error !== null) throw error;
    answers++;
    call(client);
  });
}

for (let i = 0; i < Number(connections); i++) {
  call(new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 }));
}
setTimeout(() => {
  console.log(answers / Number(forS));
  process.exit(0);
}, 1000 * Number(forS));
