#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/time_text.h"
#include "sandbox/alipay_desk.h"
#include "tests/sandbox/request_maker.h"
#include "tests/sandbox/taking_client.h"

namespace tollgate::sandbox {

// The pretend Alipay without a socket, made from settings, with what a caller has to write on the
// wire (protocol notes 1 to 7).
class DeskWorld {
public:
    // `private_pem`: of the application kAppId.
    DeskWorld(const config::SandboxAlipay& settings, std::string private_pem)
        : private_pem_(std::move(private_pem)) {
        auto opened = AlipayDesk::open(
            settings,
            {.clock = clock, .entropy = entropy, .log = log, .http = http, .wake = [] {}});
        EXPECT_TRUE(opened) << opened.error().message();
        if (opened) desk = *std::move(opened);
    }

    struct Parts {
        std::string biz_content;
        Fields more = {};  // Beside the parameters that every request has.
    };
    transport::ServerResponse v2(const std::string& method, const Parts& parts) {
        Fields fields = without(unsigned_request(method, Json::object()), "return_url");
        fields = with(fields, "timestamp", to_beijing(clock.now()));
        fields = with(fields, "biz_content", parts.biz_content);
        for (const Field& field : parts.more) fields.push_back(field);
        auto reply =
            desk->answer({.method = "POST",
                          .query = "charset=utf-8",
                          .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                          .body = to_form(signed_with(fields, private_pem_))});
        return *std::move(reply.answer);
    }

    struct V3Parts {
        std::string body;
        std::string credentials = {};  // ",app_cert_sn=…" in Authorization.
        transport::HeaderList headers = {{"Content-Type", "application/json"}};
    };
    transport::ServerResponse v3(const std::string& path, const V3Parts& parts) {
        const std::string target = "/v3/" + path;
        const std::string auth = "app_id=" + std::string(kAppId) + parts.credentials +
                                 ",nonce=n1,timestamp=" + std::to_string(clock.now().ms);
        const std::string content = auth + "\nPOST\n" + target + "\n" + parts.body + "\n";
        const auto key = *PrivateKey::parse(private_pem_);
        transport::ServerRequest request{
            .method = "POST", .target = target, .path = target, .body = parts.body};
        request.headers = parts.headers;
        request.headers.emplace_back("Authorization", "ALIPAY-SHA256withRSA " + auth + ",sign=" +
                                                          *key.sign(content, SignType::rsa2));
        return *desk->answer_v3(request).answer;
    }

    // What notifications have left so far.
    std::vector<Fields> notifications() {
        while (desk->run_once(100) > 0) {
        }
        return std::exchange(http.bodies, {});
    }

    HandClock clock;
    CountingEntropy entropy;
    Log log{-1, clock, LogLevel::error};
    TakingClient http;
    std::unique_ptr<AlipayDesk> desk;

private:
    std::string private_pem_;
};

// The raw text of the answer's node, quotes included, and the texts behind it.
struct AnswerTexts {
    std::string node;
    std::string alipay_cert_sn;
    std::string sign;
};
inline AnswerTexts texts_of(const transport::ServerResponse& answer) {
    const std::string& body = answer.body;
    const std::size_t begin = body.find(':') + 1;
    const std::size_t cert_sn = body.find(R"(,"alipay_cert_sn":")");
    const std::size_t sign = body.find(R"(,"sign":")");
    AnswerTexts texts{.node = body.substr(begin, std::min(cert_sn, sign) - begin)};
    const auto text_at = [&body](std::size_t at) {
        return body.substr(at, body.find('"', at) - at);
    };
    if (cert_sn != std::string::npos) texts.alipay_cert_sn = text_at(cert_sn + 19);
    if (sign != std::string::npos) texts.sign = text_at(sign + 9);
    return texts;
}

inline std::string sub_code_of(const transport::ServerResponse& answer) {
    const std::size_t at = answer.body.find(R"("sub_code":")");
    if (at == std::string::npos) return answer.body;
    return answer.body.substr(at + 12, answer.body.find('"', at + 12) - at - 12);
}

}  // namespace tollgate::sandbox
