#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tollgate::gateway::cli {

// `tollgate sign`: the base64 signature of `content` by the private key in `key_file`.
Result<std::string> sign_content(const std::string& key_file, std::string_view type,
                                 std::string_view content);

// `tollgate verify`: Done if the public key (or certificate) in `key_file` made the signature.
// Errors: unauthenticated with its reason, invalid_argument for a key that cannot be read.
Result<Done> verify_content(const std::string& key_file, std::string_view type,
                            std::string_view signature, std::string_view content);

// What `tollgate notification verify` was asked.
struct NotificationQuestion {
    std::string key_file;  // Alipay's public key.
    std::string sign_type = "RSA2";
    std::string app_id;     // Empty: not checked.
    std::string seller_id;  // Empty: not checked.
    std::string body;       // As it came.
};

struct NotificationVerdict {
    bool accepted = false;
    std::string json;  // {"verdict":…,"reason":…,"hint":…,"params":{…}}
};

// Errors: invalid_argument for a key that cannot be read.
Result<NotificationVerdict> verify_notification(const NotificationQuestion& question);

}  // namespace tollgate::gateway::cli
