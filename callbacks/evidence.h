#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/money.h"

namespace tollgate::callbacks {

// What Alipay said, as a difference keeps it, as far as anybody decides by it. A notification, a
// query and a bill each write it in their own way.
struct Evidence {
    std::string trade_no;
    std::string trade_status;
    std::string bill_kind;
    std::optional<Money> amount;
    std::optional<Timestamp> paid_at;

    // A bill has a line for money that came, and no word for the status.
    bool says_paid() const {
        return trade_status == "TRADE_SUCCESS" || trade_status == "TRADE_FINISHED" ||
               bill_kind == "payment";
    }
};

// What cannot be read is absent.
Evidence read_evidence(std::string_view json);

// Of two words about the same thing the newer one tells of money that the older one did not know
// of: whatever was decided by the older one was not decided about that.
bool tells_of_more_money(std::string_view newer, std::string_view older);

}  // namespace tollgate::callbacks
