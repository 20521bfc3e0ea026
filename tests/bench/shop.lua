-- The shop, for wrk: each request is a new purchase, and the answer is waited for (closed loop).
-- usage: wrk ... -s shop.lua URL -- RUN     RUN makes keys and order ids unique over all rounds.
-- The last line printed is one JSON object; the harness reads it.

local threads = {}

function setup(thread)
  thread:set("thread_id", #threads)
  table.insert(threads, thread)
end

function init(args)
  run = args[1]
  count = 0
  other = 0  -- answers that are not 200: not settled in time, refused, overloaded
  head = { ["Content-Type"] = "application/json", ["Prefer"] = "wait=30" }
end

function request()
  count = count + 1
  local id = run .. "-" .. thread_id .. "-" .. count
  head["Idempotency-Key"] = id
  return wrk.format("POST", "/v1/purchases", head,
    '{"shop":"bench","order_id":"' .. id .. '","buyer":"b-' .. count % 1000 ..
    '","sku":"GAME-100","quantity":1,"amount":1000,"currency":"CNY","merchant":"bench","payload":{"from":"bench"}}')
end

function response(status)
  if status ~= 200 then other = other + 1 end
end

function done(summary, latency)
  local not_200 = 0
  for _, thread in ipairs(threads) do not_200 = not_200 + thread:get("other") end
  local e = summary.errors
  io.write(string.format(
    '{"answered":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"not_200":%d,"socket_errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    not_200, e.connect + e.read + e.write + e.timeout))
end
