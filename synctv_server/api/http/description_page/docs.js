// Reads the OpenAPI document of this server and makes a form of each operation. No library, no other host.

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function resolved(schema, document) {
  const name = schema?.$ref?.split("/").pop();
  return name ? document.components.schemas[name] : schema;
}

// A body to begin with: every field, with its example or default or an empty value of its type.
function sample(schema, document, depth = 0) {
  const known = resolved(schema, document) ?? {};
  if (known.examples?.length) return known.examples[0];
  if (known.default !== undefined) return known.default;
  if (known.enum) return known.enum[0];
  const choice = (known.oneOf ?? known.anyOf)?.find((each) => each.type !== "null");
  if (choice) return sample(choice, document, depth);
  if (known.properties && depth < 4) {
    const fields = Object.entries(known.properties);
    return Object.fromEntries(fields.map(([key, value]) => [key, sample(value, document, depth + 1)]));
  }
  return { string: "", integer: 0, number: 0, boolean: false, array: [] }[known.type] ?? null;
}

function addressOf(path, fields) {
  const query = new URLSearchParams();
  let address = path;
  for (const { parameter, input } of fields) {
    if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    if (parameter.in === "query" && input.value) query.set(parameter.name, input.value);
  }
  return query.size ? `${address}?${query}` : address;
}

async function call(method, address, fields, body) {
  const headers = {};
  const token = document.getElementById("token").value.trim();
  if (token) headers.Authorization = `Bearer ${token}`;
  for (const { parameter, input } of fields) {
    if (parameter.in === "header" && input.value) headers[parameter.name] = input.value;
  }
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(address, { method: method.toUpperCase(), headers, body: body || undefined });
  const text = await answer.text();
  const isJson = answer.headers.get("Content-Type")?.includes("json");
  return `${answer.status} ${answer.statusText}\n\n${isJson && text ? JSON.stringify(JSON.parse(text), null, 2) : text}`;
}

function form(path, method, operation, description) {
  const fields = (operation.parameters ?? []).map((parameter) => ({ parameter, input: element("input") }));
  const schema = operation.requestBody?.content?.["application/json"]?.schema;
  const body = schema && element("textarea", { value: JSON.stringify(sample(schema, description), null, 2) });
  const answer = element("pre", { hidden: true });
  const made = element("form");
  for (const { parameter, input } of fields) {
    made.append(element("label", {}, `${parameter.name} (${parameter.in}) `, input, ` ${parameter.description ?? ""}`));
  }
  if (body) made.append(element("label", {}, "body", body));
  made.append(element("button", { textContent: "Send" }), answer);
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    answer.hidden = false;
    try {
      answer.textContent = await call(method, addressOf(path, fields), fields, body?.value);
    } catch (error) {
      answer.textContent = String(error);
    }
  });
  return made;
}

function card(path, method, operation, description) {
  const summary = element(
    "summary",
    {},
    element("span", { className: "method", textContent: method.toUpperCase() }),
    `${path} `,
    element("span", { className: "text", textContent: operation.summary ?? "" }),
  );
  const made = element("details", {}, summary, element("p", { textContent: operation.description ?? "" }));
  made.dataset.find = `${method} ${path} ${operation.summary} ${operation.operationId}`.toLowerCase();
  made.addEventListener("toggle", () => made.append(form(path, method, operation, description)), { once: true });
  return made;
}

function show(description) {
  const sections = new Map(description.tags.map((tag) => [tag.name, [tag.description, []]]));
  for (const [path, operations] of Object.entries(description.paths)) {
    for (const method of METHODS.filter((each) => operations[each])) {
      const operation = operations[method];
      sections.get(operation.tags[0])[1].push(card(path, method, operation, description));
    }
  }
  const made = [...sections].map(([name, [text, cards]]) =>
    element("section", {}, element("h2", { textContent: name }), element("p", { textContent: text }), ...cards),
  );
  document.getElementById("operations").replaceChildren(...made);
}

document.getElementById("find").addEventListener("input", (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  for (const each of document.querySelectorAll("details")) each.hidden = !each.dataset.find.includes(wanted);
});

show(await (await fetch("/api/openapi.json")).json());
