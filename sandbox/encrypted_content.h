#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sandbox/app.h"
#include "sandbox/content_key.h"

namespace tollgate::sandbox {

// How a request says that its content is encrypted; nothing when it says nothing: an application
// with a key may send plain content, too. Refusals in Alipay's words (protocol notes 6).
Result<std::optional<EncryptType>> asked_encryption(const App& app, std::string_view encrypt_type);

// The content's bytes. Refusal: isv.decryption-error-unknown.
Result<std::string> opened_content(const App& app, EncryptType type, std::string_view content);

}  // namespace tollgate::sandbox
