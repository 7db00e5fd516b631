#pragma once

#include <vector>

// One good call of every method that the client itself sends, and an answer of each kind.
namespace tollgate::testing {

// Where Alipay would tell of them.
inline constexpr const char* kNotifyUrl = "http://pay.example/alipay/shop/notify";

struct MethodCase {
    const char* method;
    const char* fields;  // As they must stand on the wire, byte for byte.
    bool with_notify_url;
    const char* done;           // A node that is a success.
    const char* refused;        // A sub_code of code 40004 that refuses for good.
    const char* wait;           // A node that says: not now, or ask.
    const char* after_unknown;  // Protocol notes 9.0.1.
};

inline const std::vector<MethodCase>& method_cases() {
    static const std::vector<MethodCase> kCases = {
        {"alipay.trade.precreate",
         R"({"out_trade_no":"T_1","product_code":"QR_CODE_OFFLINE","seller_id":"2088000000000001",)"
         R"("subject":"一枚书签 + 100%","time_expire":"2026-11-11 00:30:00","total_amount":"12.30"})",
         true, R"({"code":"10000","out_trade_no":"T_1","qr_code":"https://qr.alipay.com/bax1"})",
         "ACQ.SELLER_BEEN_BLOCKED", R"({"code":"40004","sub_code":"ACQ.TRADE_HAS_SUCCESS"})",
         "query_trade"},
        {"alipay.trade.create",
         R"({"buyer_open_id":"074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5",)"
         R"("op_app_id":"2021000000000001","out_trade_no":"T_1","product_code":"JSAPI_PAY",)"
         R"("subject":"一枚书签","time_expire":"2026-11-11 00:30:00","total_amount":"0.01"})",
         true, R"({"code":"10000","out_trade_no":"T_1","trade_no":"2026111122001"})",
         "ACQ.BUYER_NOT_EXIST", R"({"code":"40004","sub_code":"ACQ.TRADE_HAS_SUCCESS"})",
         "query_trade"},
        {"alipay.trade.pay",
         R"({"auth_code":"280000000000000001","out_trade_no":"T_1",)"
         R"("product_code":"FACE_TO_FACE_PAYMENT","scene":"bar_code","subject":"一枚书签",)"
         R"("time_expire":"2026-11-11 00:30:00","total_amount":"100000000.00"})",
         true, R"({"code":"10000","out_trade_no":"T_1","trade_no":"2026111122001"})",
         "ACQ.PAYMENT_AUTH_CODE_INVALID", R"({"code":"10003","out_trade_no":"T_1"})",
         "poll_then_cancel"},
        {"alipay.trade.query", R"({"out_trade_no":"T_1","query_options":["fund_bill_list"]})",
         false, R"({"code":"10000","out_trade_no":"T_1","trade_status":"WAIT_BUYER_PAY"})",
         "ACQ.TRADE_NOT_EXIST", R"({"code":"40004","sub_code":"ACQ.ENTERPRISE_PAY_BIZ_ERROR"})",
         "repeat"},
        {"alipay.trade.close", R"({"operator_id":"op-1","out_trade_no":"T_1"})", true,
         R"({"code":"10000","out_trade_no":"T_1","trade_no":"2026111122001"})",
         "ACQ.TRADE_NOT_EXIST", R"({"code":"40004","sub_code":"ACQ.REASON_ILLEGAL_STATUS"})",
         "repeat"},
        {"alipay.trade.cancel", R"({"out_trade_no":"T_1"})", true,
         R"({"action":"close","code":"10000","out_trade_no":"T_1","retry_flag":"N"})",
         "ACQ.TRADE_CANCEL_TIME_OUT",
         R"({"code":"40004","retry_flag":"Y","sub_code":"ACQ.SELLER_BALANCE_NOT_ENOUGH"})",
         "repeat_while_told"},
        {"alipay.trade.refund",
         R"({"out_request_no":"R_1","out_trade_no":"T_1","refund_amount":"0.01",)"
         R"("refund_reason":"退货"})",
         false, R"({"code":"10000","fund_change":"Y","out_trade_no":"T_1","refund_fee":"0.01"})",
         "ACQ.SELLER_BALANCE_NOT_ENOUGH",
         R"({"code":"40005","sub_code":"isv.method-call-limited"})", "repeat_same_refund"},
        {"alipay.trade.fastpay.refund.query",
         R"({"out_request_no":"R_1","out_trade_no":"T_1","query_options":["gmt_refund_pay"]})",
         false, R"({"code":"10000","out_request_no":"R_1","refund_status":"REFUND_SUCCESS"})",
         "TRADE_NOT_EXIST", R"({"code":"40005","sub_code":"isv.app-call-limited"})", "repeat"},
        {"alipay.data.dataservice.bill.downloadurl.query",
         R"({"bill_date":"2026-11-10","bill_type":"trade"})", false,
         R"({"bill_download_url":"http://dwbillcenter.alipay.com/downloadBillFile","code":"10000"})",
         "isv.BILL_NOT_EXIST", R"({"code":"40004","sub_code":"USER_RATE_LIMIT"})", "repeat"},
        {"alipay.fund.auth.order.freeze",
         R"({"amount":"100.00","auth_code":"280000000000000001","auth_code_type":"bar_code",)"
         R"("extra_param":"{\"category\":\"HOTEL\"}","order_title":"押金","out_order_no":"O_1",)"
         R"("out_request_no":"R_1","pay_timeout":"15m","payee_user_id":"2088000000000001",)"
         R"("product_code":"PRE_AUTH"})",
         true,
         R"({"auth_no":"2026111110002001","code":"10000","out_order_no":"O_1",)"
         R"("out_request_no":"R_1","status":"SUCCESS"})",
         "MONEY_NOT_ENOUGH", R"({"code":"40004","sub_code":"FREEZE_ALREADY_SUCCESS"})",
         "ask_operation_cancel"},
        {"alipay.fund.auth.order.voucher.create",
         R"({"amount":"100.00","order_title":"押金","out_order_no":"O_1","out_request_no":"R_1",)"
         R"("product_code":"PRE_AUTH","timeout_express":"2h"})",
         true,
         R"({"code":"10000","code_type":"qrCode","code_value":"https://qr.alipay.com/1",)"
         R"("out_order_no":"O_1"})",
         "PAYEE_NOT_EXIST", R"({"code":"40004","sub_code":"UNIQUE_VIOLATION"})",
         "ask_operation_cancel"},
        {"alipay.fund.auth.order.unfreeze",
         R"({"amount":"40.00","auth_no":"2026111110002001","out_request_no":"R_2",)"
         R"("remark":"房间退还"})",
         true,
         R"({"auth_no":"2026111110002001","code":"10000","out_request_no":"R_2","status":"SUCCESS"})",
         "REQUEST_AMOUNT_EXCEED", R"({"code":"40004","sub_code":"ORDER_ALREADY_FINISH"})",
         "ask_operation"},
        {"alipay.fund.auth.operation.detail.query",
         R"({"operation_type":"FREEZE","out_order_no":"O_1","out_request_no":"R_1"})", false,
         R"({"code":"10000","order_status":"AUTHORIZED","out_order_no":"O_1","status":"SUCCESS"})",
         "AUTH_ORDER_NOT_EXIST", R"({"code":"40005","sub_code":"isv.app-call-limited"})", "repeat"},
        {"alipay.fund.auth.operation.cancel",
         R"({"out_order_no":"O_1","out_request_no":"R_1","remark":"不住了"})", true,
         R"({"action":"close","code":"10000","out_order_no":"O_1"})", "CANCEL_OPERATION_TIME_OUT",
         R"({"code":"40004","sub_code":"ORDER_ALREADY_CLOSED"})", "ask_operation"},
        {"alipay.open.app.alipaycert.download",
         R"({"alipay_cert_sn":"7513a5ec0b3b8d4c1f1e6ef8b5d2a901"})", false,
         R"({"alipay_cert_content":"LS0t","code":"10000"})", "INVALID_PARAMETER",
         R"({"code":"40005","sub_code":"isv.app-call-limited"})", "repeat"},
        // Its fields are parameters of the request, and a success has no code.
        {"alipay.system.oauth.token",
         R"({"code":"4b203fe6c11548bcabd8da5bb087a83b","grant_type":"authorization_code"})", false,
         R"({"access_token":"20120823ac6ffaa4d2d84e7384bf983531473993","expires_in":"3600"})",
         "isv.code-invalid", R"({"code":"40005","sub_code":"isv.app-call-limited"})", "begin_anew"},
    };
    return kCases;
}

}  // namespace tollgate::testing
