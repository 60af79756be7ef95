import { describe, expect, it } from 'vitest';
import { parseCommandLine, UsageError } from './plugin-server-options.ts';

describe('the command line', () => {
  it.each([
    [['--help'], { kind: 'help' }],
    [['--dump', 'x'], { kind: 'dump', plugin: 'x', expectedVariable: undefined }],
    [['--dump', 'x', '--expect-env', 'KEY'], { kind: 'dump', plugin: 'x', expectedVariable: 'KEY' }],
    [
      [
        '--socket',
        'a=/run/a.sock',
        '--socket',
        'b=/run/b=1.sock',
        '--replace',
        '--detach',
        '--max-stall',
        '2',
        '--max-megabytes-in-flight',
        '8',
      ],
      {
        kind: 'serve',
        sockets: [
          { plugin: 'a', path: '/run/a.sock' },
          { plugin: 'b', path: '/run/b=1.sock' },
        ],
        replace: true,
        detach: true,
        maxStall: 2_000,
        isSupervised: false,
        maxBytesInFlight: 8_388_608,
        metrics: undefined,
        logFormat: 'text',
        network: {},
      },
    ],
    [
      ['--socket', '/opt/p.cjs=/run/p.sock'],
      {
        kind: 'serve',
        sockets: [{ plugin: '/opt/p.cjs', path: '/run/p.sock' }],
        replace: false,
        detach: false,
        maxStall: 5_000,
        isSupervised: false,
        maxBytesInFlight: 67_108_864,
        metrics: undefined,
        logFormat: 'text',
        network: {},
      },
    ],
    [
      ['--check', '--socket', 'a=/a', '--replace', '--metrics', '127.0.0.1:1'],
      { kind: 'check', sockets: [{ plugin: 'a', path: '/a' }], config: undefined, aidr: false, network: {} },
    ],
    [
      ['--check', '--config', 'kong.yaml', '--aidr'],
      { kind: 'check', sockets: [], config: 'kong.yaml', aidr: true, network: {} },
    ],
  ])('%j is understood', (args, command) => {
    expect(parseCommandLine(args)).toEqual(command);
  });

  it.each([
    ['--socket', 'a=/a'],
    ['--check', '--aidr'],
  ])('--ca-file is understood beside %s', (...args) => {
    const command = [...args, '--ca-file', '/etc/ca.pem', '--ca-file', 'system'];
    expect(parseCommandLine(command)).toMatchObject({ network: { caFiles: ['/etc/ca.pem', 'system'] } });
  });

  it('takes what concerns the network', () => {
    const network = [
      ...['--https-proxy', 'http://proxy.example:3128', '--http-proxy', 'proxy.example:3128'],
      ...['--no-proxy', '.internal,10.0.0.0/8', '--client-cert', '/etc/c.pem', '--client-key', '/etc/k.pem'],
      ...['--env-file', '/etc/aidr.env'],
    ];
    expect(parseCommandLine(['--socket', 'a=/a', ...network])).toMatchObject({
      envFile: '/etc/aidr.env',
      network: {
        httpsProxy: 'http://proxy.example:3128',
        httpProxy: 'proxy.example:3128',
        noProxy: '.internal,10.0.0.0/8',
        clientCertificate: { cert: '/etc/c.pem', key: '/etc/k.pem' },
      },
    });
  });

  it.each([
    ['http://127.0.0.1:4318', 'http://127.0.0.1:4318/v1/traces'],
    ['https://otel.example/custom', 'https://otel.example/custom'],
  ])('--otlp-endpoint %s means %s', (url, endpoint) => {
    const serviceName = 'crowdstrike-aidr';
    const command = ['--socket', 'a=/a', '--otlp-endpoint', url];
    expect(parseCommandLine(command)).toMatchObject({ otlp: { endpoint, serviceName } });
  });

  it.each([
    ['127.0.0.1:9542', { host: '127.0.0.1', port: 9542 }],
    ['0.0.0.0:0', { host: '0.0.0.0', port: 0 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
  ])('--metrics %s is understood', (option, metrics) => {
    expect(parseCommandLine(['--socket', 'a=/a', '--metrics', option])).toMatchObject({ metrics });
  });

  it.each([
    '',
    '9542',
    ':9542',
    'localhost:9542',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '127.0.0.1:-1',
    '127.0.0.1:1e3',
    '127.0.0.1:9542/metrics',
    '::1:9542',
    '[127.0.0.1]:9542',
    '[::1]',
    '[::1]9542',
  ])('--metrics %j is refused with the reason', (option) => {
    expect(() => parseCommandLine(['--socket', 'a=/a', '--metrics', option])).toThrow(
      '--metrics takes <IP address>:<port>',
    );
  });

  it.each([
    [[], 'give --socket, --check or --dump'],
    [['--socket', 'a'], '--socket takes <plugin>=<path>, not a'],
    [['--socket', '=/a'], '--socket takes <plugin>=<path>'],
    [['--socket', 'a='], '--socket takes <plugin>=<path>'],
    [['--socket', 'a=run/a.sock'], 'must be absolute'],
    [['--socket', 'a=/a', '--socket', 'a=/b'], 'the same plugin'],
    [['--socket', 'a=/a', '--socket', 'b=/a'], 'the same path'],
    [['--socket', 'a=/a', '--dump', 'a'], '--dump cannot be combined'],
    [['--check', '--dump', 'a'], '--dump cannot be combined'],
    [['--check'], '--check needs'],
    [['--check', '--socket', 'a=a'], 'must be absolute'],
    [['--socket', 'a=/a', '--config', 'kong.yaml'], 'need --check'],
    [['--socket', 'a=/a', '--aidr'], 'need --check'],
    [['--socket', 'a=/a', '--expect-env', 'KEY'], '--expect-env needs --dump'],
    [['--socket', 'a=/a', '--max-megabytes-in-flight', '0'], 'positive whole number'],
    [['--socket', 'a=/a', '--max-stall', '0'], '--max-stall takes seconds from 1 to 8'],
    [['--socket', 'a=/a', '--max-stall', '9'], '--max-stall takes seconds from 1 to 8'],
    [['--socket', 'a=/a', '--max-stall', 'x'], '--max-stall takes seconds from 1 to 8'],
    [['--socket', 'a=/a', '--ca-file', 'ca.pem'], '--ca-file takes an absolute path or system, not ca.pem'],
    [['--check', '--aidr', '--ca-file', ''], '--ca-file takes an absolute path or system'],
    [['--check', '--aidr', '--env-file', 'a.env'], '--env-file takes an absolute path, not a.env'],
    [['--socket', 'a=/a', '--client-cert', '/c'], '--client-cert and --client-key need each other'],
    [['--socket', 'a=/a', '--client-key', '/k'], '--client-cert and --client-key need each other'],
    [['--socket', 'a=/a', '--client-cert', '/c', '--client-key', 'k'], '--client-key takes an absolute path'],
    [['--socket', 'a=/a', '--https-proxy', 'http://u:p@h:1'], '--https-proxy has a user or a password'],
    [['--socket', 'a=/a', '--http-proxy', 'u@h:1'], '--http-proxy has a user or a password'],
    [['--socket', 'a=/a', '--log-format', 'xml'], '--log-format takes text or json, not xml'],
    [['--socket', 'a=/a', '--log-file', 'a.log'], '--log-file takes an absolute path, not a.log'],
    [['--socket', 'a=/a', '--otlp-service-name', 'x'], '--otlp-service-name needs --otlp-endpoint'],
    [['--socket', 'a=/a', '--otlp-endpoint', 'collector:4318'], '--otlp-endpoint takes an http or https URL'],
    [
      ['--socket', 'a=/a', '--otlp-endpoint', 'http://u:p@collector'],
      '--otlp-endpoint takes an http or https URL',
    ],
    [['--verbose'], 'Unknown option'],
    [['a=/a'], 'Unexpected argument'],
  ])('%j is refused with the reason', (args, message) => {
    expect(() => parseCommandLine(args)).toThrow(UsageError);
    expect(() => parseCommandLine(args)).toThrow(message);
  });
});
