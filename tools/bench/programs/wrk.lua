-- What wrk sends and prints: a body of BENCH_BODY bytes if that is set, and one line of JSON at the end.

local size = os.getenv('BENCH_BODY')
if size then
  wrk.method = 'POST'
  wrk.body = string.rep('x', tonumber(size))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"units":%d,"seconds":%.6f,"mean":%.1f,"p50":%d,"p99":%d,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency.mean, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
