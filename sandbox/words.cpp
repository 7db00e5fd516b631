#include "sandbox/words.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "sandbox/form.h"

namespace tollgate::sandbox {
namespace {

struct Word {
    std::string_view key;
    std::string_view chinese;
    std::string_view english;
};

constexpr std::array kWords = {
    Word{"switch_language", "English", "中文"},
    Word{"pretend_alipay", "模拟支付宝", "Pretend Alipay"},
    Word{"pretend_note", "测试环境，不会动用真实资金", "A test stand: no real money moves"},
    Word{"cashier", "收银台", "Cashier"},
    Word{"merchant", "收款方", "Merchant"},
    Word{"goods", "商品", "Goods"},
    Word{"amount", "金额", "Amount"},
    Word{"order_number", "商户订单号", "Order number"},
    Word{"trade_number", "支付宝交易号", "Alipay trade number"},
    Word{"pay_before", "请在此时间前付款", "Pay before"},
    Word{"pay_now", "确认付款", "Pay"},
    Word{"cancel", "取消", "Cancel"},
    Word{"paid_title", "付款成功", "Paid"},
    Word{"paid_text", "正在返回商户页面……", "Taking you back to the merchant…"},
    Word{"paid_stay", "可以关闭此页面了。", "You may close this page now."},
    Word{"back_to_merchant", "返回商户", "Back to the merchant"},
    Word{"left_title", "尚未付款", "Not paid yet"},
    Word{"left_text", "您离开了收银台。订单仍然有效，可以稍后再付。",
         "You left the cashier. The order stays open and can still be paid."},
    Word{"back_to_cashier", "继续付款", "Go on paying"},
    Word{"closed_title", "交易已关闭", "This trade is closed"},
    Word{"closed_text", "已超过付款时间，或商户关闭了订单。",
         "Its time is over, or the merchant closed it."},
    Word{"refunded_title", "交易已退款", "This trade was refunded"},
    Word{"refunded_text", "已付款项已全额退回。", "All of its money has gone back to the buyer."},
    Word{"error_title", "无法付款", "This cannot be paid"},
    Word{"error_code", "错误代码", "Code"},
    Word{"error_reason", "说明", "Reason"},
    Word{"app_title", "支付宝客户端", "The Alipay app"},
    Word{"app_text", "把商户 App 得到的订单串粘贴到这里，就像手机上的支付宝收到它一样。",
         "Paste the order string that the merchant's app got, as the Alipay app would receive it."},
    Word{"open_app", "打开收银台", "Open the cashier"},
    Word{"app_result", "返回给商户 App 的结果", "What the merchant's app is told"},
    Word{"console_title", "沙箱总览", "Sandbox overview"},
    Word{"trades", "交易", "Trades"},
    Word{"notifications", "异步通知", "Notifications"},
    Word{"status", "状态", "Status"},
    Word{"created", "创建时间", "Created"},
    Word{"attempts", "发送记录", "Attempts"},
    Word{"next_try", "下次发送", "Next try"},
    Word{"send_again", "再发一次", "Send again"},
    Word{"acts", "商家操作", "As the merchant"},
    Word{"refund_amount", "退款金额", "Amount to refund"},
    Word{"act_refund", "退款", "Refund"},
    Word{"act_finish", "完结交易", "Finish"},
    Word{"act_pay_late", "款项迟到", "Money arrives late"},
    Word{"act_deposit_back", "银行退回", "Bank:"},
    Word{"arrived", "已到账", "arrived"},
    Word{"bounced", "被退票", "bounced"},
    Word{"refunded_so_far", "已退", "refunded"},
    Word{"faults", "故障演练", "Faults"},
    Word{"faults_text", "按计划出错，见 docs/sandbox.md。",
         "What goes wrong on purpose: see docs/sandbox.md."},
    Word{"no_faults", "没有计划中的故障。", "Nothing goes wrong on purpose."},
    Word{"fault_on", "对象", "Happens to"},
    Word{"fault_do", "故障", "Fault"},
    Word{"fault_fitted", "匹配次数", "Fitted"},
    Word{"fault_struck", "触发次数", "Struck"},
    Word{"freeze_title", "资金预授权", "Freeze an amount"},
    Word{"freeze_agree", "同意冻结", "Agree"},
    Word{"freeze_refuse", "拒绝", "Refuse"},
    Word{"frozen_title", "已冻结", "Frozen"},
    Word{"freeze_over_title", "预授权已结束", "This pre-authorisation is over"},
    Word{"freezes", "资金预授权", "Pre-authorisations"},
    Word{"no_freezes", "还没有预授权。", "No pre-authorisations yet."},
    Word{"auth_number", "支付宝授权号", "Authorisation number"},
    Word{"still_frozen", "仍冻结", "Still frozen"},
    Word{"no_trades", "还没有交易。去商店买点什么吧。",
         "No trades yet. Buy something at the shop."},
    Word{"no_notifications", "还没有通知。", "No notifications yet."},
    Word{"no_answer", "无应答", "no answer"},
    Word{"shop_name", "青竹小铺", "Green Bamboo"},
    Word{"shop_tagline", "文房雅物，一间演示小店", "Things for the desk. A demonstration shop."},
    Word{"pay_page", "电脑网站", "Website"},
    Word{"pay_wap", "手机网站", "Phone site"},
    Word{"pay_qr", "扫码", "QR code"},
    Word{"pay_app", "App", "App"},
    Word{"buy", "购买", "Buy"},
    Word{"pay_with", "付款方式", "Pay by"},
    Word{"home", "商店", "Shop"},
    Word{"orders", "我的订单", "My orders"},
    Word{"order", "订单", "Order"},
    Word{"no_orders", "还没有订单。", "No orders yet."},
    Word{"product", "方式", "By"},
    Word{"waiting_title", "谢谢！正在等待付款确认……", "Thank you! We wait for the confirmation…"},
    Word{
        "waiting_text", "页面会自动更新。返回本页并不代表已付款，以确认消息为准。",
        "This page updates itself. Coming back here proves nothing: only the confirmation counts."},
    Word{"order_paid_title", "已付款，谢谢惠顾", "Paid. Thank you!"},
    Word{"order_paid_text", "已收到网关的签名确认，我们会尽快发货。",
         "The gateway's signed confirmation has arrived; your parcel is on its way."},
    Word{"order_refunded_text", "款项已退回，订单不会发货。",
         "Your money has gone back to you; nothing will be sent."},
    Word{"order_closed_title", "订单已关闭", "Order closed"},
    Word{"order_closed_text", "没有扣款。", "No money was taken."},
    Word{"order_failed_title", "暂时无法付款", "Payment could not be started"},
    Word{"scan_title", "请用支付宝扫码", "Scan with Alipay"},
    Word{"scan_text", "演示环境：点按二维码即视为扫码。",
         "Demonstration: a click on the code counts as a scan."},
    Word{"open_alipay", "打开支付宝付款", "Open Alipay and pay"},
    Word{"pay_again", "继续付款", "Pay now"},
    Word{"state_new", "创建中", "starting"},
    Word{"state_pending", "待付款", "waiting"},
    Word{"state_closing", "关闭中", "closing"},
    Word{"state_paid", "已付款", "paid"},
    Word{"state_closed", "已关闭", "closed"},
    Word{"state_failed", "失败", "failed"},
    Word{"state_refunded", "已退款", "refunded"},
    Word{"state_finished", "已完成", "finished"},
    Word{"state_unknown", "待确认", "unclear"},
    Word{"not_found", "没有这个页面", "There is no such page"},
};

std::string cookie_language(const transport::ServerRequest& request) {
    const auto cookies = request.header("Cookie");
    if (!cookies) return {};
    const std::size_t at = cookies->find("lang=");
    if (at == std::string_view::npos || (at > 0 && (*cookies)[at - 1] != ' ')) return {};
    return std::string(cookies->substr(at + 5, 2));
}

}  // namespace

std::string_view tag_of(Language language) {
    return language == Language::chinese ? "zh-CN" : "en";
}

Language language_of(const transport::ServerRequest& request) {
    const auto query = parse_form(request.query);
    std::string wanted = query ? value_of(*query, "lang") : std::string();
    if (wanted.empty()) wanted = cookie_language(request);
    if (wanted == "en") return Language::english;
    if (wanted == "zh") return Language::chinese;
    const std::string_view accepted = request.header("Accept-Language").value_or("");
    const std::size_t chinese = accepted.find("zh");
    const std::size_t english = accepted.find("en");
    return english < chinese ? Language::english : Language::chinese;
}

std::string_view word(std::string_view key, Language language) {
    const auto* found = std::ranges::find(kWords, key, &Word::key);
    TOLLGATE_CHECK(found != kWords.end());
    return language == Language::chinese ? found->chinese : found->english;
}

}  // namespace tollgate::sandbox
