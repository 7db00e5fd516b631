#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "config/load.h"
#include "gateway/service.h"
#include "tests/gateway/gateway_world.h"

namespace tollgate::testing {

// A folder with keys and a secret, and settings that fit it.
class ConfigWorld : public ::testing::Test {
protected:
    ConfigWorld() {
        write("app.pem", test_keys().app.to_pkcs8_pem().reveal(), 0600);
        write("app_public.pem", test_keys().app.public_half().to_spki_pem(), 0644);
        write("alipay.pem", test_keys().alipay.public_half().to_spki_pem(), 0644);
        write("secret", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n", 0600);
    }

    void write(const std::string& name, std::string_view text, unsigned mode) {
        std::ofstream(folder_.file(name)) << text;
        std::filesystem::permissions(folder_.file(name), std::filesystem::perms(mode));
    }

    std::vector<config::Problem> problems(const std::string& text) {
        auto loaded = config::load(text, folder_.path());
        if (auto* found = std::get_if<std::vector<config::Problem>>(&loaded)) return *found;
        std::vector<config::Problem> later;
        gateway::check_settings(std::get<config::Settings>(loaded), later);
        return later;
    }

    static std::string good() {
        return R"({
            "store": {"sqlite_file": "ledger.db"},  // A comment.
            "public": {"base_url": "https://pay.example"},
            "apps": [{"id": "shop", "app_id": "2021", "seller_ids": ["2088000000000001"],
                      "gateway_url": "https://openapi.example/gateway.do",
                      "private_key": {"file": "app.pem"},
                      "alipay_public_keys": [{"file": "alipay.pem"}]}],
            "callers": [{"id": "orders", "key_sha256":
                ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
                "apps": ["shop"], "rights": ["create", "read"]}],
            "endpoints": [{"id": "orders", "url": "http://127.0.0.1:9/events",
                           "secrets": [{"file": "secret"}]}]
        })";
    }

    static std::string with(std::string text, const std::string& old, const std::string& fresh) {
        return text.replace(text.find(old), old.size(), fresh);
    }

    TempFolder folder_;
};

}  // namespace tollgate::testing
