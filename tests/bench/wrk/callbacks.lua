-- Posts the notifications of a file, one after the other. Arguments: FILE PATH [AVERAGE_REST_MS]
package.path = package.path .. ";" .. os.getenv("WRK_SCRIPTS") .. "/?.lua"
require("report")

good = 0
sent = 0
local requests = {}

function init(args)
    local headers = {["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"}
    for line in io.lines(args[1]) do
        requests[#requests + 1] = wrk.format("POST", args[2], headers, line)
    end
    if args[3] then delay = rests(tonumber(args[3])) end
end

function request()
    sent = sent + 1
    return requests[(sent - 1) % #requests + 1]
end

function response(status, headers, body)
    if body == "success" then good = good + 1 end
end
