// Process entry of a runner whose targets make trouble.
import { attach } from '../../src/agent/runner/attach.ts';
import { entryFile } from '../../src/agent/runner/entry-file.ts';

attach(entryFile('trouble-worker', import.meta.url));
