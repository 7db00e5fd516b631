#include <algorithm>
#include <functional>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "signing/answer.h"
#include "signing/app_result.h"
#include "signing/json_scan.h"
#include "tests/fuzz/fuzz.h"

using namespace tollgate::signing;
using Json = nlohmann::json;

namespace {

constexpr std::string_view kMethod = "alipay.trade.query";

bool is_inside(std::string_view part, std::string_view whole) {
    return std::less_equal<>()(whole.data(), part.data()) &&
           std::less_equal<>()(part.data() + part.size(), whole.data() + whole.size());
}

// What another parser takes for an object of a sensible size, the scanner takes too, with the same
// members in it.
void compare_with_a_parser(std::string_view input) {
    const Json parsed = Json::parse(input, nullptr, false);
    const auto members = scan_json_object(input);
    if (members) {
        for (const JsonMember& member : *members) TOLLGATE_CHECK(is_inside(member.value, input));
    }
    if (!parsed.is_object() || !members) return;
    for (auto item = parsed.begin(); item != parsed.end(); ++item) {
        const std::string& name = item.key();
        const Json& value = *item;
        // The parser keeps the last of two members of one name.
        const auto found = std::find_if(members->rbegin(), members->rend(),
                                        [&](const JsonMember& m) { return m.name == name; });
        TOLLGATE_CHECK(found != members->rend());
        TOLLGATE_CHECK(Json::parse(found->value, nullptr, false) == value);
        if (!value.is_string()) continue;
        const auto text = decode_json_string(found->value);
        TOLLGATE_CHECK(text && *text == value.get<std::string>());
    }
}

}  // namespace

void fuzz(std::string_view input) {
    compare_with_a_parser(input);
    const auto parts = split_answer(input, kMethod);
    static_cast<void>(verify_app_result(input, "alipay.trade.app.pay", {}));
    if (!parts) {
        TOLLGATE_CHECK(!parts.error().reason().empty());
        return;
    }
    TOLLGATE_CHECK(is_inside(parts->node_text, input) && !parts->node_text.empty());
    TOLLGATE_CHECK(parts->node_is_string == parts->node_text.starts_with('"'));
    TOLLGATE_CHECK(!verify_answer(*parts, {}, SignType::rsa2));
}
