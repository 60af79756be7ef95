/** The demo's page. Whatever it shows is put into the document as text: much of it is written to attack somebody. */

import { sideOf } from './differences.js';
import { html, render, useEffect, useState } from './preact.js';
import { streamText } from './stream-text.js';

const COUNT_OF_STEPS = 12;

function Marked({ before, after, shows }) {
  const parts = sideOf(before, after, shows);
  const tag = shows === 'gone' ? 'del' : 'ins';
  return html`<pre tabindex="0">${parts.map(({ text, kind }) => (kind === 'same' ? text : html`<${tag}>${text}<//>`))}</pre>`;
}

function Plain({ text }) {
  return html`<pre tabindex="0">${text}</pre>`;
}

const pretty = (value) => JSON.stringify(value, undefined, 2);

/** JSON in one form, so that only what was changed differs; of a stream, its text. */
function shown(text) {
  const streamed = streamText(text);
  if (streamed !== undefined) return streamed;
  try {
    return pretty(JSON.parse(text));
  } catch {
    return text;
  }
}

function Client({ client, provider }) {
  const [sent, got] = [shown(client.sent), shown(client.got)];
  return html`<section class="panel"><h3>The client</h3>
    <h4>sent</h4>${provider ? html`<${Marked} before=${sent} after=${shown(provider.got)} shows="gone" />` : html`<${Plain} text=${sent} />`}
    <h4>got <${Status} status=${client.status} /></h4>${provider ? html`<${Marked} before=${shown(provider.answered)} after=${got} shows="new" />` : html`<${Plain} text=${got} />`}
  </section>`;
}

function Provider({ client, provider, upstream }) {
  if (!provider) return html`<section class="panel"><h3>${upstream}</h3><p>was not asked.</p></section>`;
  return html`<section class="panel"><h3>${upstream}</h3>
    <h4>got</h4><${Marked} before=${shown(client.sent)} after=${shown(provider.got)} shows="new" />
    <h4>answered</h4><${Marked} before=${shown(provider.answered)} after=${shown(client.got)} shows="gone" />
  </section>`;
}

function Verdict({ answered }) {
  const result = answered?.result;
  if (!result) return html`<strong class="badge blocked">no verdict</strong>`;
  const detected = Object.entries(result.detectors ?? {})
    .filter(([, one]) => one?.detected)
    .map(([name]) => name);
  const verdict = result.blocked ? 'blocked' : result.transformed ? 'redacted' : 'passed';
  return html`<strong class=${`badge ${verdict}`}>${verdict}</strong> ${detected.join(', ')}`;
}

function Status({ status }) {
  return html`<strong class=${`badge ${status < 400 ? 'passed' : 'blocked'}`}>${status}</strong>`;
}

function Aidr({ aidr }) {
  return html`<section class="panel"><h3>AIDR</h3>
    ${aidr.length === 0 ? html`<p>was not asked.</p>` : null}
    ${aidr.map(
      ({ sent, answered }) => html`<h4>${sent?.event_type ?? 'call'} <${Verdict} answered=${answered} /></h4>
        <${Plain} text=${pretty(sent?.guard_input ?? sent)} />`,
    )}
  </section>`;
}

function Step({ step }) {
  const { title, route, ms, record } = step;
  return html`<article aria-label=${title}>
    <h2>${title}</h2>
    <p class="facts"><span>status <${Status} status=${step.client.status} /></span><span>${ms} ms</span><span>route ${route}</span>
      <span>calls to AIDR: ${step.aidr.length}</span></p>
    <div class="panels"><${Client} ...${step} /><${Provider} ...${step} /><${Aidr} ...${step} /></div>
    <details><summary>The records in Kong's log</summary><${Plain} text=${pretty(record)} /></details>
  </article>`;
}

function Flowing({ flow }) {
  if (!flow) return null;
  return html`<article class="note" aria-label="now"><h2>${flow.title}</h2>
    ${flow.text ? html`<pre id="flow">${streamText(flow.text) ?? flow.text}</pre>` : null}
    ${flow.notes.map((note) => html`<p>${note}</p>`)}
  </article>`;
}

function Own({ apis, isBusy, play }) {
  const [own, setOwn] = useState({
    provider: 'openai',
    placement: 'phases',
    mode: 'buffered',
    isStreamed: false,
    prompt: 'My social security number is 078-05-1120.',
    answer: 'Thank you. Mine is 234-56-7890.',
  });
  const set = (name) => (event) =>
    setOwn({ ...own, [name]: event.target.type === 'checkbox' ? event.target.checked : event.target.value });
  const submit = (event) => {
    event.preventDefault();
    play({ own });
  };
  const select = (name, label, options) => html`<label>${label}
    <select name=${name} value=${own[name]} onChange=${set(name)}>${options.map(([value, text]) => html`<option value=${value}>${text}</option>`)}</select></label>`;
  return html`<form onSubmit=${submit} aria-label="Your own text">
    <label class="wide">What the client asks<textarea name="prompt" rows="3" value=${own.prompt} onInput=${set('prompt')}></textarea></label>
    <label class="wide">What the provider answers<textarea name="answer" rows="2" value=${own.answer} onInput=${set('answer')}></textarea></label>
    ${select(
      'provider',
      'Provider',
      apis.map(({ name, label }) => [name, label]),
    )}
    ${select('placement', 'Placement', [
      ['phases', "in Kong's phases"],
      ['relay', 'in the relay'],
    ])}
    ${select('mode', 'Answers', [
      ['buffered', 'read whole first'],
      ['live', 'live'],
    ])}
    <label><input type="checkbox" name="isStreamed" checked=${own.isStreamed} onChange=${set('isStreamed')} /> stream the answer</label>
    <button type="submit" disabled=${isBusy}>Send</button>
  </form>`;
}

function Findings({ findings }) {
  if (findings.length === 0) return html`<p>None yet.</p>`;
  return html`<p>AIDR is asked about some texts twice: in windows of a stream that overlap, and to learn which tool was meant. What
      several calls of one request found is one line here.</p>
    <div class="table" tabindex="0" role="region" aria-label="findings"><table>
    <thead><tr>${['time', 'direction', 'detector', 'type', 'action', 'calls', 'request id'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
    <tbody>${findings.map(
      (one) =>
        html`<tr><td>${one.time.slice('2026-11-30T'.length, -1)}</td><td>${one.event_type}</td><td>${one.detector}</td><td>${one.type}</td><td>${one.action}</td><td>${one.calls}</td><td>${one.request_id}</td></tr>`,
    )}</tbody></table></div>`;
}

/** A line of JSON for each thing that happens. */
async function* eventsOf(response) {
  const decoder = new TextDecoder();
  let rest = '';
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
}

/** In a narrow window, what happens is far below the button. */
function showResults() {
  const results = document.getElementById('results');
  if (results && results.getBoundingClientRect().top > innerHeight / 2) results.scrollIntoView();
}

function flowAfter(flow, event) {
  if (event.kind === 'begin') return { title: event.title, text: '', notes: [] };
  if (event.kind === 'chunk') return { ...flow, text: flow.text + event.text };
  return { ...flow, notes: [...flow.notes, event.text] };
}

function Page() {
  const [state, setState] = useState();
  const [flow, setFlow] = useState();
  const [steps, setSteps] = useState([]);
  const [isBusy, setBusy] = useState(false);
  const [played, setPlayed] = useState(0);
  const refresh = async () => setState(await (await fetch('api/state')).json());
  useEffect(() => void refresh().catch(() => setState('gone')), []);
  const play = async (asked) => {
    setBusy(true);
    showResults();
    try {
      const body = JSON.stringify(asked);
      const response = await fetch('api/play', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      for await (const event of eventsOf(response)) {
        if (event.kind === 'seen') {
          setSteps((all) => [event.step, ...all].slice(0, COUNT_OF_STEPS));
          setFlow(undefined);
        } else setFlow((now) => flowAfter(now ?? { title: '', text: '', notes: [] }, event));
      }
      await refresh();
    } catch {
      setFlow({
        title: 'The demo does not answer',
        text: '',
        notes: ['Is it still running in its terminal?'],
      });
    } finally {
      setPlayed((count) => count + 1);
      setBusy(false);
    }
  };
  if (!state) return html`<p>Starting…</p>`;
  if (state === 'gone')
    return html`<p role="alert">The demo does not answer. Is it still running in its terminal?</p>`;
  const { gateway, cases, apis, findings, metrics } = state;
  return html`<header><h1>CrowdStrike AIDR for Kong Gateway</h1>
      <p>${gateway.isKong ? 'The gateway is a real Kong.' : 'The gateway is an emulator of Kong, with the real plugins in a real plugin server. With KONG_BIN or --docker it is a real Kong.'}
        ${' '}AIDR and the providers are emulators too: what they find is not what AIDR finds. The gateway listens on <code>${gateway.url}</code>.</p></header>
    <main>
      <h2 id="cases">Try it</h2>
      <ul class="cases" aria-labelledby="cases">${cases.map(
        ({ id, label, about }) =>
          html`<li><button type="button" data-case=${id} disabled=${isBusy} onClick=${() => play({ case: id })}><strong>${label}</strong><small>${about}</small></button></li>`,
      )}</ul>
      <details><summary>Your own text</summary><${Own} apis=${apis} isBusy=${isBusy} play=${play} /></details>
      <div id="results"></div>
      <div role="status" aria-live="polite" data-played=${played} class=${isBusy ? '' : 'unseen'}>${isBusy ? 'Running…' : steps[0] ? `${steps[0].title}: status ${steps[0].client.status}` : ''}</div>
      <${Flowing} flow=${flow} />
      ${steps.map((step) => html`<${Step} step=${step} />`)}
      <h2>Findings, as AIDR's console lists them</h2><${Findings} findings=${findings} />
      <details><summary>Metrics of the plugin server</summary><${Plain} text=${metrics.join('\n') || 'none yet'} /></details>
    </main>`;
}

render(html`<${Page} />`, document.getElementById('page'));
