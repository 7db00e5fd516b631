// Writes each fuzzer's first inputs into FOLDER/<fuzzer>/: what the tests of that part are made of.
// The keys and certificates in them are made here; none is anybody's.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/charset.h"
#include "base/check.h"
#include "base/time_text.h"
#include "sandbox/bill_file.h"
#include "signing/base64.h"
#include "signing/content.h"
#include "signing/form.h"
#include "tests/signing/certificates.h"
#include "tests/signing/keys.h"
#include "tests/signing/notifications.h"

namespace {

using namespace tollgate::signing;  // NOLINT(google-build-using-namespace): a test's main.

class Folder {
public:
    Folder(const std::filesystem::path& root, const char* fuzzer) : path_(root / fuzzer) {
        std::filesystem::create_directories(path_);
    }
    void add(std::string_view text) {
        std::ofstream(path_ / ("seed-" + std::to_string(++count_)), std::ios::binary) << text;
    }

private:
    std::filesystem::path path_;
    int count_ = 0;
};

void write_forms(Folder folder) {
    const Fields paid = signed_fields(paid_fields());
    folder.add(encode_form(paid));
    folder.add(encode_form(signed_fields(with(paid_fields(), "charset", "GBK"))));
    folder.add("a=1&b&=c&&d=%2B+%");
    folder.add(
        "charset=utf-8&out_trade_no=T1&method=alipay.trade.page.pay.return&total_amount=0.01"
        "&sign=a%2Bb%3D%3D&sign_type=RSA2&timestamp=2026-01-02+10%3A00%3A00");
}

void write_answers(Folder folder) {
    folder.add(R"({"alipay_trade_query_response":{"code":"10000","msg":"Success"},"sign":"ab=="})");
    folder.add(R"( {"sign" : "a\/b", "alipay_cert_sn":"5d", "alipay_trade_query_response":)"
               R"({ "a" : "}{\"", "b":[1,{"c":null}], "u":"\u4f60\ud83d\ude00" } } )");
    folder.add(R"({"error_response":{"code":"40002","sub_code":"isv.invalid-app-id"}})");
    folder.add(R"({"alipay_trade_query_response":"q83v","sign":"x"})");
    folder.add(R"({"alipay_trade_query_response":{},"alipay_trade_query_response":{}})");
    folder.add(
        R"({"alipay_trade_app_pay_response":{"code":"10000"},"sign":"x","sign_type":"RSA2"})");
}

void write_keys(Folder folder) {
    const auto read = PrivateKey::parse(short_rsa_private_key(), {.bits_min = 1024});
    TOLLGATE_CHECK(read.has_value());
    const PrivateKey& own = *read;
    folder.add(own.to_pkcs8_pem().reveal());
    folder.add(own.to_pkcs8_bare().reveal());
    folder.add(own.to_pkcs1_bare().reveal());
    folder.add(own.public_half().to_spki_pem());
    folder.add(own.public_half().to_bare());
    folder.add(pkcs1_public_key(own.public_half()));
    folder.add(certificate_pem(own));
    folder.add(elliptic_private_key());
    folder.add(elliptic_public_key());
    const PrivateKey sm2 = PrivateKey::generate_sm2();
    folder.add(sm2.to_pkcs8_pem().reveal());
    folder.add(sm2.public_half().to_bare());
    for (const std::string& bare :
         {std::string(own.to_pkcs8_bare().reveal()), own.public_half().to_bare(),
          std::string(own.to_pkcs1_bare().reveal()), sm2.public_half().to_bare(),
          std::string(sm2.to_pkcs8_bare().reveal())}) {
        folder.add(*from_base64(bare));
    }
}

void write_certificates(Folder folder) {
    const CertificateWorld world = make_certificate_world({});
    folder.add(world.app.pem);
    folder.add(world.alipay_file);
    folder.add(world.root_file);
    const auto sm2 =
        issue({.common_name = " a,b=\"c\"", .is_authority = true, .kind = KeyKind::sm2});
    folder.add(sm2.pem);
    for (const std::string& pem : {world.app.pem, world.root.pem, sm2.pem}) {
        const auto block = read_key_text(pem);
        if (block) folder.add(block->der.reveal());
    }
}

void write_bills(Folder texts, Folder archives) {
    using namespace tollgate;  // NOLINT(google-build-using-namespace): a test's main.
    const Timestamp at = parse_beijing("2026-11-10 12:00:00").value_or(Timestamp{});
    std::vector<sandbox::Movement> movements(3);
    for (std::size_t i = 0; i < movements.size(); ++i) {
        sandbox::Movement& movement = movements[i];
        movement.is_refund = i == 2;
        movement.trade_no = "202611102200" + std::to_string(i % 2);
        movement.out_trade_no = "T" + std::to_string(i % 2);
        movement.out_request_no = i == 2 ? "R1" : "";
        movement.subject = i == 0 ? "一枚书签" : "5\", \"好\"";
        movement.created_at = at;
        movement.at = at;
        movement.amount = Money::from_fen(i == 2 ? 300 : 1'000);
        movement.fee = Money::from_fen(6);
    }
    for (const auto type : {sandbox::BillType::trade, sandbox::BillType::signcustomer}) {
        for (const auto& moved : {movements, std::vector<sandbox::Movement>()}) {
            const sandbox::BillOrder order{
                .type = type, .seller_id = "2088000000000001", .date = "2026-11-10"};
            const std::string details = sandbox::bill_details(order, moved, at);
            texts.add(from_utf8(details, "gbk").value_or(""));
            texts.add(from_utf8(sandbox::bill_summary(order, moved, at), "gbk").value_or(""));
            archives.add(sandbox::bill_archive(order, moved, at).value_or(""));
        }
    }
    archives.add("#支付宝业务明细查询\r\n");
    archives.add("");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: fuzz_seeds FOLDER\n", stderr);
        return 2;
    }
    const std::filesystem::path root = argv[1];
    write_forms({root, "form"});
    write_answers({root, "answer"});
    write_keys({root, "key"});
    write_certificates({root, "certificate"});
    write_bills({root, "bill"}, {root, "bill_archive"});
    return 0;
}
