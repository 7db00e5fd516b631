#pragma once

#include <string_view>
#include <vector>

#include "sandbox/order_book.h"
#include "transport/http_message.h"

namespace tollgate::sandbox {

// The shop's pages. Pure: every page follows from its arguments.
transport::ServerResponse shop_page(const transport::ServerRequest& request);
transport::ServerResponse orders_page(const std::vector<ShopOrder>& orders,
                                      const transport::ServerRequest& request);
// Thank-you page, QR code, "open Alipay" or the reason why it cannot be paid, as the order's state
// asks. `alipay_url` is where the pretend app listens.
transport::ServerResponse order_page(const ShopOrder& order, std::string_view alipay_url,
                                     const transport::ServerRequest& request);
transport::ServerResponse no_such_order(const transport::ServerRequest& request);

}  // namespace tollgate::sandbox
