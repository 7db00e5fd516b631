#include "sandbox/v3_answer.h"

#include "sandbox/refusal.h"

namespace tollgate::sandbox {
namespace {

// The sub_code of v2 without the prefixes that v3 does not have; "ACQ." stays.
std::string v3_code(std::string code) {
    for (const std::string_view prefix : {"aop.", "isv.", "isp."}) {
        if (code.starts_with(prefix)) code.erase(0, prefix.size());
    }
    return code;
}

int status_of(std::string_view sub_code) {
    const std::string_view code = gateway_code_of(sub_code).code;
    if (code == "20000") return 500;
    if (code == "20001") return 401;
    if (code == "40005") return 429;
    if (code == "40006") return 403;
    return 400;
}

transport::ServerResponse failure(const Error& error, const std::string& trace_id) {
    const Json body = {
        {"code", v3_code(error.reason())},
        {"message", error.message()},
        {"links", Json::array({Json{{"link", "https://open.alipay.com"}, {"desc", "解决方案"}}})}};
    return {.status = status_of(error.reason()),
            .content_type = "application/json;charset=utf-8",
            .body = to_text(body),
            .headers = {{"alipay-trace-id", trace_id}}};
}

}  // namespace

transport::ServerResponse v3_answer(const Result<Handled>& handled, SignatureFlaw flaw,
                                    const V3Stamp& stamp, const PrivateKey& key) {
    if (!handled) return failure(handled.error(), stamp.nonce);
    std::string body = to_text(handled->node);
    if (stamp.encryption) body = stamp.encryption->seal(body);
    const std::string timestamp = std::to_string(stamp.now.ms);
    std::string content = timestamp + "\n" + stamp.nonce + "\n" + body + "\n";
    if (flaw == SignatureFlaw::wrong) content += " ";
    const auto sign = key.sign(content, SignType::rsa2);
    transport::ServerResponse answer{.status = 200,
                                     .content_type = stamp.encryption
                                                         ? "text/plain;charset=utf-8"
                                                         : "application/json;charset=utf-8",
                                     .body = body,
                                     .headers = {{"alipay-timestamp", timestamp},
                                                 {"alipay-nonce", stamp.nonce},
                                                 {"alipay-trace-id", stamp.nonce}}};
    if (sign && flaw != SignatureFlaw::missing) {
        answer.headers.emplace_back("alipay-signature", *sign);
        if (!stamp.cert_sn.empty()) answer.headers.emplace_back("alipay-sn", stamp.cert_sn);
    }
    if (stamp.encryption) {
        answer.headers.emplace_back("alipay-encrypt-type",
                                    std::string(name_of(stamp.encryption->type)));
    }
    return answer;
}

}  // namespace tollgate::sandbox
