-- Makes page payments with numbers of their own. Arguments: PATH BEARER_KEY PREFIX [AVERAGE_REST_MS]
package.path = package.path .. ";" .. os.getenv("WRK_SCRIPTS") .. "/?.lua"
require("report")

good = 0
sent = 0
local path, headers, prefix

function init(args)
    path = args[1]
    headers = {["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. args[2]}
    prefix = args[3]
    if args[4] then delay = rests(tonumber(args[4])) end
end

function request()
    sent = sent + 1
    return wrk.format("POST", path, headers, string.format(
        '{"app":"shop","product":"page","out_trade_no":"%s%08d","amount":1000,"subject":"A bookmark"}',
        prefix, sent))
end

function response(status)
    if status == 201 then good = good + 1 end
end
