#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "signing/notification.h"

namespace tollgate::signing {

// Alipay's SDK inside the shop's app hands the app an object whose `result` is a text such as
// {"alipay_trade_app_pay_response":{…},"sign":"…","sign_type":"RSA2"} (protocol notes 3.6). This
// gives that node's text, verified for `method` ("alipay.trade.app.pay"). It went through a phone:
// it tells what to ask Alipay about, and never proves a payment.
// Errors: those of split_answer and verify_answer; also "answer_node_missing" for an
// error_response, and "sign_type_not_allowed" as for notifications. A missing sign_type is the
// configured one.
Result<std::string> verify_app_result(std::string_view result, std::string_view method,
                                      const NotificationKeys& keys);

}  // namespace tollgate::signing
