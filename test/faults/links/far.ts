/** `far.js PORT`: an endpoint that gives back what it gets, for a network of its own. Says `ready`. */
import { echo, Upstream } from '../../support/upstream.js';

await Upstream.start({ behaviour: echo, host: '0.0.0.0', port: Number(process.argv[2]) });
console.log('ready');
