#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "base/result.h"
#include "sandbox/json.h"
#include "sandbox/trade.h"

namespace tollgate::sandbox {

// Checks of single members of biz_content. Each refusal is ACQ.INVALID_PARAMETER and names the
// member.
Error invalid_parameter(std::string_view name, std::string_view what);

// Every member must be one of `allowed`: Alipay warns that others may be refused, so we refuse.
Result<Done> only_fields(const Json& biz, const std::vector<std::string_view>& allowed);

// A text of 1 to characters_max characters.
Result<std::string> need_text(const Json& biz, std::string_view name, std::size_t characters_max);
// The same, or empty when the member is absent.
Result<std::string> may_have_text(const Json& biz, std::string_view name,
                                  std::size_t characters_max);

// [A-Za-z0-9_]{1,64}
Result<std::string> need_number(const Json& biz, std::string_view name);
Result<std::string> may_have_number(const Json& biz, std::string_view name);
// Decimal text with at most two decimals, from 0.01 to 100000000.
Result<Money> need_amount(const Json& biz, std::string_view name);
// At most 256 characters, without '/', '=' and '&'.
Result<std::string> need_subject(const Json& biz);

// time_expire: a minute to 15 days after `signed_at`.
Result<std::optional<Timestamp>> may_have_time_expire(const Json& biz, Timestamp signed_at);
// timeout_express and the like: "1m" to "15d", or "1c", until midnight.
Result<std::optional<Window>> may_have_window(const Json& biz, std::string_view name);

}  // namespace tollgate::sandbox
