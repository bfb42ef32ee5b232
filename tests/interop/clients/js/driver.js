// eureka-js-client behind the driver protocol of ../README.md.
const { Eureka } = require('eureka-js-client');
const readline = require('readline');

const [base, app, port, delta] = process.argv.slice(2);
const server = new URL(base);
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const log = (...words) => process.stderr.write(`${words.join(' ')}\n`);

const client = new Eureka({
  logger: { debug: log, info: log, warn: log, error: log },
  shouldUseDelta: delta === 'delta',
  instance: {
    app,
    instanceId: `js:${app}:${port}`,
    hostName: '127.0.0.1',
    ipAddr: '127.0.0.1',
    port: { $: Number(port), '@enabled': true },
    vipAddress: app.toLowerCase(),
    metadata: { language: 'javascript' },
    leaseInfo: { renewalIntervalInSecs: 1, durationInSecs: 3 },
    dataCenterInfo: { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' },
  },
  eureka: {
    host: server.hostname,
    port: server.port,
    servicePath: '/eureka/v2/apps/',
    heartbeatInterval: 1000,
    registryFetchInterval: 500,
    filterUpInstances: false,
    maxRetries: 1000, // the daemon is restarted under the client's feet
    requestRetryDelay: 100,
  },
});

const commands = {
  // By VIP address: with deltas this client changes the first instance of the application in place of the one that it means.
  find: (name) => say({ found: client.getInstancesByVipAddress(name.toLowerCase()).map((one) => (
    { id: one.instanceId || one.hostName, status: one.status, port: Number(one.port.$), metadata: one.metadata })) }),
  quit: () => client.stop((error) => process.exit(error ? 1 : 0)),
};

client.start((error) => {
  if (error) {
    log(error);
    process.exit(1);
  }
  say({ ready: true, id: `js:${app}:${port}`, can: [] });
  readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const [command, argument] = line.split(' ');
    commands[command](argument);
  }).on('close', () => process.exit(0));
});
