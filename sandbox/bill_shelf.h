#pragma once

#include <chrono>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "sandbox/bill_file.h"

namespace tollgate::sandbox {

// Links to bills that have been handed out, each good for a short time. Use from one thread at a
// time.
class BillShelf {
public:
    static constexpr std::chrono::seconds kGoodFor{30};
    static constexpr std::size_t kLinksMax = 1'000;

    explicit BillShelf(Entropy& entropy) : entropy_(entropy) {}

    // The token of a new link.
    std::string put(const BillOrder& order, Timestamp now);

    // Errors: not_found for a token that never was, or whose time is over.
    Result<BillOrder> take(std::string_view token, Timestamp now) const;

private:
    struct Link {
        BillOrder order;
        Timestamp until;
    };

    Entropy& entropy_;
    std::unordered_map<std::string, Link> links_;
    std::list<std::string> oldest_first_;
};

}  // namespace tollgate::sandbox
