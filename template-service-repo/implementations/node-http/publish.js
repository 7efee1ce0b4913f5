import http from 'node:http';

// An allow-list, so that a secret that Discord adds one day does not end up in the topic.
const PUBLISHED = [
  'type',
  'id',
  'application_id',
  'version',
  'guild_id',
  'channel_id',
  'data',
  'member',
  'user',
  'locale',
  'guild_locale',
];

/** The Pub/Sub message of a slash command: sanitised data in base64, and its attributes. */
export function messageOf(interaction) {
  const kept = Object.fromEntries(
    PUBLISHED.filter((name) => Object.hasOwn(interaction, name)).map((name) => [name, interaction[name]]),
  );
  return {
    data: Buffer.from(JSON.stringify(kept)).toString('base64'),
    attributes: {
      interaction_id: text(interaction.id),
      interaction_type: '2',
      application_id: text(interaction.application_id),
      guild_id: text(interaction.guild_id),
      channel_id: text(interaction.channel_id),
      command_name: text(interaction.data?.name),
      timestamp: new Date().toISOString(),
    },
  };
}

const text = (value) => (typeof value === 'string' ? value : '');

/**
 * A function that publishes one interaction and resolves when Pub/Sub has it. Plain REST: the client library would
 * cost more time at start than all the rest of this service.
 */
export async function publisher(env) {
  const { GOOGLE_CLOUD_PROJECT: project, PUBSUB_TOPIC: topic, PUBSUB_EMULATOR_HOST: emulator } = env;
  if (!project || !topic) {
    console.error('GOOGLE_CLOUD_PROJECT or PUBSUB_TOPIC is not set: slash commands are not published');
    return async () => {};
  }
  const path = `/v1/projects/${project}/topics/${topic}:publish`;
  if (emulator) {
    const agent = new http.Agent({ keepAlive: true });
    return (interaction) => post(http, new URL(path, `http://${emulator}`), agent, {}, interaction);
  }
  const https = (await import('node:https')).default;
  const agent = new https.Agent({ keepAlive: true });
  const token = accessToken(env.GCE_METADATA_HOST ?? 'metadata.google.internal');
  return async (interaction) =>
    post(
      https,
      new URL(path, 'https://pubsub.googleapis.com'),
      agent,
      { authorization: `Bearer ${await token()}` },
      interaction,
    );
}

async function post(client, url, agent, headers, interaction) {
  const body = JSON.stringify({ messages: [messageOf(interaction)] });
  const length = Buffer.byteLength(body);
  const options = {
    method: 'POST',
    agent,
    timeout: 10_000,
    headers: { ...headers, 'content-type': 'application/json', 'content-length': length },
  };
  const { status } = await exchange(client, url, options, body);
  if (status !== 200) throw new Error(`Pub/Sub answered ${status}`);
}

/** The service account's token from the metadata server, kept until a minute before it expires. */
function accessToken(host) {
  const url = new URL(`http://${host}/computeMetadata/v1/instance/service-accounts/default/token`);
  let cached = { value: '', until: 0 };
  return async () => {
    if (Date.now() < cached.until) return cached.value;
    const { status, body } = await exchange(http, url, { headers: { 'metadata-flavor': 'Google' }, timeout: 5_000 });
    if (status !== 200) throw new Error(`the metadata server answered ${status}`);
    const { access_token: value, expires_in: seconds } = JSON.parse(body);
    cached = { value, until: Date.now() + (seconds - 60) * 1000 };
    return value;
  };
}

function exchange(client, url, options, body) {
  return new Promise((resolve, reject) => {
    const request = client.request(url, options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', (error) => {
      // An idle connection that the other side closed just now: the request was never taken, so it goes out again.
      if (request.reusedSocket && error.code === 'ECONNRESET') resolve(exchange(client, url, options, body));
      else reject(error);
    });
    request.end(body);
  });
}
