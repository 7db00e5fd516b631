#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "gateway/alipay/method.h"
#include "signing/form.h"
#include "tests/gateway/gateway_world.h"

namespace tollgate::testing {

// A pretend Alipay of API v3, with the v2 gateway beside it, written from the protocol alone
// (protocol notes 7): checks every signature, and answers as a test says.
class V3Alipay {
public:
    struct Request {
        std::string method;
        std::string target;
        std::string body;
        transport::HeaderList headers;

        std::string header(std::string_view name) const {
            return std::string(transport::find_header(headers, name).value_or(""));
        }
    };

    struct Reply {
        int status = 200;
        std::string body = "{}";
        bool is_signed = true;
    };

    V3Alipay() {
        transport::Router router;
        for (const gateway::Method* method : gateway::alipay_methods()) {
            if (method->v3 == gateway::Way3::none) continue;
            router.add(method->v3 == gateway::Way3::get ? "GET" : "POST", gateway::v3_path(*method),
                       [this](auto& request, auto ticket) { serve(request, std::move(ticket)); });
        }
        router.add("POST", "/gateway.do",
                   [this](auto& request, auto ticket) { serve_v2(request, std::move(ticket)); });
        server_ = std::make_unique<LocalServer>(std::move(router));
    }

    std::string gateway_url() const { return server_->url() + "/gateway.do"; }
    void answer_with(Reply reply) {
        const std::lock_guard lock(mutex_);
        reply_ = std::move(reply);
    }
    void answer_v2_with(const nlohmann::json& node) {
        const std::lock_guard lock(mutex_);
        v2_node_ = node;
    }

    // At both doors, whatever the call, in v2's words; at v3's as Alipay puts them there: a failure
    // has no signature.
    using Answers =
        std::function<nlohmann::json(const std::string& method, const nlohmann::json& fields)>;
    void answer_by(Answers answers) {
        const std::lock_guard lock(mutex_);
        answers_ = std::move(answers);
    }

    std::vector<Request> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    std::vector<std::string> v2_methods() const {
        const std::lock_guard lock(mutex_);
        return v2_methods_;
    }
    // How often the method came to each of the doors.
    std::int64_t calls_over_v3(const std::string& method) const {
        const std::string path = gateway::v3_path(*gateway::find_method(method));
        const std::lock_guard lock(mutex_);
        return std::ranges::count(requests_, path, &Request::target);
    }
    std::int64_t calls_over_v2(const std::string& method) const {
        const std::lock_guard lock(mutex_);
        return std::ranges::count(v2_methods_, method);
    }

private:
    static std::string method_of(const std::string& target) {
        std::string method = target.substr(std::string_view("/v3/").size());
        std::ranges::replace(method, '/', '.');
        return method;
    }

    static Reply in_words_of_v3(nlohmann::json node) {
        if (node.value("code", "") == "10000") {
            node.erase("code");
            node.erase("msg");
            return {.body = node.dump()};
        }
        const nlohmann::json failure{{"code", node.value("sub_code", "")},
                                     {"message", node.value("sub_msg", "")}};
        return {.status = 400, .body = failure.dump(), .is_signed = false};
    }

    void serve(transport::ServerRequest& request, transport::Ticket ticket) {
        Request came{.method = request.method,
                     .target = request.target,
                     .body = request.body,
                     .headers = request.headers};
        const std::string authorization = came.header("authorization");
        const std::string scheme = "ALIPAY-SHA256withRSA ";
        EXPECT_TRUE(authorization.starts_with(scheme));
        const auto at = authorization.find(",sign=");
        const std::string credentials = authorization.substr(scheme.size(), at - scheme.size());
        std::string content =
            credentials + "\n" + came.method + "\n" + came.target + "\n" + came.body + "\n";
        const std::string token = came.header("alipay-app-auth-token");
        if (!token.empty()) content += token + "\n";
        EXPECT_TRUE(test_keys().app.public_half().verify(content, authorization.substr(at + 6),
                                                         signing::SignType::rsa2));
        const std::lock_guard lock(mutex_);
        const Reply reply =
            answers_
                ? in_words_of_v3(answers_(method_of(came.target), nlohmann::json::parse(came.body)))
                : reply_;
        requests_.push_back(std::move(came));
        transport::ServerResponse response{
            .status = reply.status, .content_type = "application/json", .body = reply.body};
        if (reply.is_signed) {
            const std::string signature = *test_keys().alipay.sign(
                "1794326400123\nnonce-1\n" + reply.body + "\n", signing::SignType::rsa2);
            response.headers = {{"alipay-timestamp", "1794326400123"},
                                {"alipay-nonce", "nonce-1"},
                                {"alipay-signature", signature}};
        }
        ticket.complete(std::move(response));
    }

    void serve_v2(transport::ServerRequest& request, transport::Ticket ticket) {
        const auto query = signing::decode_form(request.query);
        const std::string method(signing::find(*query, "method").value_or(""));
        const auto body = signing::decode_form(request.body);
        const std::string biz(signing::find(*body, "biz_content").value_or("{}"));
        const std::lock_guard lock(mutex_);
        v2_methods_.push_back(method);
        ticket.complete(ScriptedAlipay::answer(
            method, answers_ ? answers_(method, nlohmann::json::parse(biz)) : v2_node_));
    }

    mutable std::mutex mutex_;
    Reply reply_;
    nlohmann::json v2_node_;
    Answers answers_;
    std::vector<Request> requests_;
    std::vector<std::string> v2_methods_;
    std::unique_ptr<LocalServer> server_;
};

}  // namespace tollgate::testing
