/** The attack suite: every attempt through every gateway that can run here. */
import { afterAll } from 'vitest';
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { answers } from './attacks/answers.ts';
import { carryOut } from './attacks/attack.ts';
import { conversations } from './attacks/conversations.ts';
import { earlierVerdicts } from './attacks/earlier-verdicts.ts';
import { encodings } from './attacks/encodings.ts';
import { fairShares } from './attacks/fair-shares.ts';
import { floods } from './attacks/floods.ts';
import { headers } from './attacks/headers.ts';
import { hidingPlaces } from './attacks/hiding-places.ts';
import { http2 } from './attacks/http2.ts';
import { leaves } from './attacks/leaves.ts';
import { lifecycle } from './attacks/lifecycle.ts';
import { lyingAidr } from './attacks/malformed-aidr-responses.ts';
import { paths } from './attacks/paths.ts';
import { pipelines } from './attacks/pipelines.ts';
import { providerCertificates } from './attacks/provider-certificates.ts';
import { provokedFailures } from './attacks/provoked-failures.ts';
import { rememberedTexts } from './attacks/remembered-texts.ts';
import { slowInputs } from './attacks/slow-inputs.ts';
import { upstreams } from './attacks/upstreams.ts';

const themes = [
  encodings,
  pipelines,
  conversations,
  answers,
  earlierVerdicts,
  rememberedTexts,
  lyingAidr,
  provokedFailures,
  headers,
  paths,
  hidingPlaces,
  leaves,
  floods,
  fairShares,
  slowInputs,
  http2,
  lifecycle,
  upstreams,
  providerCertificates,
];

afterAll(async () => {
  await Promise.all(themes.map(({ dispose }) => dispose?.()));
});

await throughEveryGateway('attacks', (driver) => {
  for (const theme of themes) carryOut(theme, { driver, pluginServer: 'aidr' });
});
