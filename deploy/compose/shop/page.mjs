// The page of the shop: plain HTML, one style, one script of a few lines; nothing from elsewhere.

const escape = (text) => String(text).replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
const age = (ms) => (ms === null ? 'unknown' : `${(ms / 1000).toFixed(1)} s`);

function row(name, service) {
  const instances = service.instances.map(({ id, status }) => `<li>${escape(id)} <b class="${escape(status)}">${escape(status)}</b>
      <small>answered ${service.answered[id] ?? 0}</small></li>`).join('');
  return `<tr><th>${name}<td>${escape(service.told_by ?? (service.source === 'disk' ? 'its own file' : 'nobody yet'))}
    <td>${age(service.age_ms)}<td>${escape(service.state)}<td><ul>${instances}</ul></tr>`;
}

/** @param known what the shop knows of its services @param made `{price, order}` or `{error}` */
export function page(known, made) {
  const sentence = made.error
    ? `<p class="error">This page could not be made: ${escape(made.error)}</p>`
    : `<p>Tea costs <b>${(made.price.cents / 100).toFixed(2)}</b>, says <b id="price-by">${escape(made.price.by)}</b>;
  it was ordered <b>${made.order.count}</b> times, says <b id="order-by">${escape(made.order.by)}</b>.</p>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>shop</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
<script src="/refresh.js" defer></script>
<h1>shop</h1>
<main>
${sentence}
<p>Pages so far <b id="pages">${known.pages}</b>, failed <b id="failed">${known.failed}</b>, calls repeated elsewhere <b>${known.retried}</b>.</p>
<table>
<tr><th>service<th>told by<th>age of the list<th>it is<th>instances</tr>
${Object.entries(known.services).map(([name, service]) => row(name, service)).join('\n')}
</table>
</main>
</html>
`;
}

export const STYLE = `body { font: 16px/1.5 sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #ccc; }
ul { list-style: none; margin: 0; padding: 0; }
small { color: #666; }
.error, .DOWN { color: #b00; }
.UP { color: #070; }
.OUT_OF_SERVICE, .STARTING { color: #a60; }
`;

/** Asks for the page again every second, and shows what changed. */
export const REFRESH = `setInterval(async () => {
  const main = document.querySelector('main');
  try {
    const text = await (await fetch('/')).text();
    main.replaceWith(new DOMParser().parseFromString(text, 'text/html').querySelector('main'));
  } catch {
    main.style.opacity = 0.4; // the shop itself does not answer
  }
}, 1000);
`;
