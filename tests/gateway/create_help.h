#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "signing/content.h"
#include "signing/form.h"
#include "tests/gateway/gateway_world.h"

// What tests of POST /v1/payments look at.
namespace tollgate::testing {

// The fields of a signed page URL or order string, once their signature has been checked.
inline signing::Fields signed_fields(const std::string& encoded) {
    auto fields = signing::decode_form(encoded);
    EXPECT_TRUE(fields);
    EXPECT_TRUE(test_keys().app.public_half().verify(signing::request_content(*fields),
                                                     signing::find(*fields, "sign").value_or(""),
                                                     signing::SignType::rsa2));
    return *fields;
}

inline std::string after_question_mark(const std::string& url) {
    return url.substr(url.find('?') + 1);
}

inline nlohmann::json biz_of(const signing::Fields& fields) {
    return nlohmann::json::parse(signing::find(fields, "biz_content").value_or("{}"));
}

inline std::vector<std::string> error_fields(const Answer& answer) {
    std::vector<std::string> fields;
    const nlohmann::json problem = answer.json();
    for (const auto& error : problem.value("errors", nlohmann::json::array())) {
        fields.push_back(error["field"]);
    }
    std::ranges::sort(fields);
    return fields;
}

}  // namespace tollgate::testing
