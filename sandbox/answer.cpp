#include "sandbox/answer.h"

#include <algorithm>

#include "base/charset.h"
#include "sandbox/charset_name.h"
#include "sandbox/refusal.h"

namespace tollgate::sandbox {
namespace {

// In JSON text a slash stands inside strings only.
std::string with_escaped_slashes(const std::string& json) {
    std::string text;
    for (const char c : json) {
        if (c == '/') text += '\\';
        text += c;
    }
    return text;
}

Json with_members(Json node, const Json& members) {
    for (const auto& [name, value] : members.items()) node[name] = value;
    return node;
}

}  // namespace

std::string node_name(std::string_view method) {
    if (method.empty()) return "error_response";
    std::string name(method);
    std::ranges::replace(name, '.', '_');
    return name + "_response";
}

Json success_node(const Json& members) {
    return with_members({{"code", "10000"}, {"msg", "Success"}}, members);
}

Json waiting_node(const Json& members) {
    return with_members({{"code", "10003"}, {"msg", "order success pay inprocess"}}, members);
}

Json refusal_node(const Error& error) {
    const GatewayCode code = gateway_code_of(error.reason());
    return {{"code", code.code},
            {"msg", code.msg},
            {"sub_code", error.reason()},
            {"sub_msg", error.message()}};
}

transport::ServerResponse gateway_answer(const Json& node, const AnswerShape& shape,
                                         const PrivateKey& key) {
    const std::string text = with_escaped_slashes(to_text(node));
    auto bytes = from_utf8(text, shape.charset);
    const bool gbk = bytes.has_value() && is_gbk(shape.charset);
    std::string raw = bytes ? *std::move(bytes) : text;
    if (shape.encryption) raw = '"' + shape.encryption->seal(raw) + '"';

    std::string body = "{\"" + node_name(shape.method) + "\":" + raw;
    if (shape.has_signature) {
        if (!shape.cert_sn.empty()) body += R"(,"alipay_cert_sn":")" + shape.cert_sn + '"';
        const auto sign = key.sign(shape.has_wrong_signature ? raw + " " : raw, shape.sign_type);
        body += R"(,"sign":")" + (sign ? *sign : std::string()) + '"';
    } else if (!shape.method.empty()) {
        body += R"(,"sign":"")";
    }
    body += '}';
    return {.status = 200,
            .content_type = gbk ? "text/html;charset=GBK" : "text/html;charset=utf-8",
            .body = std::move(body),
            .headers = {}};
}

}  // namespace tollgate::sandbox
