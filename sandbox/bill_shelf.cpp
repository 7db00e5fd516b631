#include "sandbox/bill_shelf.h"

#include "sandbox/random_text.h"

namespace tollgate::sandbox {

std::string BillShelf::put(const BillOrder& order, Timestamp now) {
    std::string token = random_hex(entropy_, 16);
    links_.insert_or_assign(token, Link{.order = order, .until = now + kGoodFor});
    oldest_first_.push_back(token);
    if (oldest_first_.size() > kLinksMax) {
        links_.erase(oldest_first_.front());
        oldest_first_.pop_front();
    }
    return token;
}

Result<BillOrder> BillShelf::take(std::string_view token, Timestamp now) const {
    const auto found = links_.find(std::string(token));
    if (found == links_.end()) return Error(ErrorCode::not_found, "no such bill");
    if (now > found->second.until) return Error(ErrorCode::not_found, "the link's time is over");
    return found->second.order;
}

}  // namespace tollgate::sandbox
