#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "config/settings.h"
#include "gateway/service.h"
#include "ledger/payment.h"
#include "signing/fields.h"
#include "signing/key.h"
#include "tests/support/fakes.h"
#include "transport/curl_client.h"
#include "transport/front.h"

namespace tollgate::testing {

// Made once a process: RSA keys cost half a second under the sanitizers.
struct TestKeys {
    signing::PrivateKey app;
    signing::PrivateKey alipay;
    signing::PrivateKey stranger;
};
const TestKeys& test_keys();

// A front of the test's own on a free port, with its threads.
class LocalServer {
public:
    explicit LocalServer(transport::Router router, Clock& clock = system_clock());
    LocalServer(const LocalServer&) = delete;
    LocalServer& operator=(const LocalServer&) = delete;
    ~LocalServer();
    std::string url() const;

private:
    TestLog log_;
    std::unique_ptr<transport::Front> front_;
    std::vector<std::thread> threads_;
};

// A pretend Alipay whose every answer a test chooses. By default it answers precreate with a QR
// code and query with TRADE_NOT_EXIST, rightly signed.
class ScriptedAlipay {
public:
    // Gets the method, the biz_content and the ticket.
    using Script = std::function<void(const std::string& method, const nlohmann::json& biz,
                                      transport::Ticket ticket)>;

    explicit ScriptedAlipay(Clock& clock = system_clock());
    std::string gateway_url() const { return server_->url() + "/gateway.do"; }
    void script(Script script);
    // "method out_trade_no time_expire", in the order of arrival.
    std::vector<std::string> calls() const;
    // The same requests in whole, decoded.
    struct Request {
        signing::Fields query;
        signing::Fields body;
        transport::HeaderList headers;
    };
    std::vector<Request> requests() const;

    static transport::ServerResponse answer(const std::string& method, const nlohmann::json& node);
    static transport::ServerResponse unsigned_answer(const std::string& method,
                                                     const nlohmann::json& node);

private:
    void serve(transport::ServerRequest& request, transport::Ticket ticket);

    mutable std::mutex mutex_;
    Script script_;
    std::vector<std::string> calls_;
    std::vector<Request> requests_;
    std::unique_ptr<LocalServer> server_;
};

// What the order service got.
class EventReceiver {
public:
    EventReceiver();
    std::string url() const { return server_->url() + "/events"; }
    // Waits until `count` events have come, or fails the test.
    std::vector<nlohmann::json> wait_for(std::size_t count);
    std::size_t count() const;
    void answer_with(int status, std::string body = "");

private:
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<nlohmann::json> events_;
    int status_ = 204;
    std::string body_;
    std::unique_ptr<LocalServer> server_;
};

struct Answer {
    int status = 0;
    std::string body;
    transport::HeaderList headers;
    nlohmann::json json() const;
    std::string header(std::string_view name) const;
};

// A log that is kept in a file.
class KeptLog {
public:
    explicit KeptLog(std::string file);
    KeptLog(const KeptLog&) = delete;
    KeptLog& operator=(const KeptLog&) = delete;
    ~KeptLog();
    Log& get() { return log_; }
    std::string text() const;

private:
    const std::string file_;
    const int descriptor_;
    Log log_;
};

// A whole gateway on free ports, over a real ledger, real HTTP and real signatures.
class GatewayWorld {
public:
    explicit GatewayWorld(std::function<void(config::Settings&)> change = {},
                          const char* sqlite_vfs = nullptr);
    GatewayWorld(const GatewayWorld&) = delete;
    GatewayWorld& operator=(const GatewayWorld&) = delete;
    ~GatewayWorld();

    // As after a restart: the same files, other ports. `between` runs while nothing does.
    void restart(const std::function<void()>& between = {});
    std::string ledger_file() const { return settings().store.sqlite_file; }
    // As at SIGHUP, with the settings changed so; whether they were taken.
    bool reload(const std::function<void(config::Settings&)>& change);

    Answer create(const nlohmann::json& body, const transport::HeaderList& headers = {});
    Answer api(const std::string& method, const std::string& target, const std::string& body = "",
               const transport::HeaderList& headers = {}, const std::string& key = kKey);
    Answer operator_get(const std::string& target);
    Answer notify(const std::string& body, const transport::HeaderList& headers = {},
                  const std::string& app = "shop");
    // For a request that may rightly get no answer at all; status 0 then.
    Answer notify_without_patience(const std::string& body);
    Answer public_get(const std::string& target);
    Answer public_post(const std::string& target, const std::string& body);
    std::string payment_status(const std::string& out_trade_no);
    std::string url(const std::string& listener) const;
    // Waits until the service has said that its process must end; why.
    std::string wait_for_fatal();
    // Everything that was logged so far.
    std::string log() const { return log_.text(); }
    // Makes a payment and lets Alipay say that it was paid: one event, payment.paid.
    void pay(const std::string& out_trade_no, const std::string& app = "shop");
    // Another app, "books", with a caller of its own who may do everything (kBooksKey), and one for
    // both apps (kAllKey).
    static void add_books(config::Settings& settings);
    // One value of the ledger, read with a connection of its own.
    std::int64_t count(const std::string& sql);
    std::string text(const std::string& sql);
    // Changes the ledger behind the service's back, with a connection of its own.
    void execute(const std::string& sql);
    // Waits until this text stands in the log, or fails the test.
    void wait_for_log(const std::string& text);
    // Waits until the query gives the value, or fails the test.
    void wait_for_count(const std::string& sql, std::int64_t value);

    // A page payment's request, and what Alipay would say once it is paid.
    static nlohmann::json order(const std::string& out_trade_no, std::int64_t fen = 1'000);
    static signing::Fields paid(const std::string& out_trade_no,
                                const std::string& amount = "10.00");
    static std::string signed_body(signing::Fields fields,
                                   const signing::PrivateKey& key = test_keys().alipay);

    static constexpr const char* kKey = "tgk_test-key";
    static constexpr const char* kBooksKey = "tgk_books";
    static constexpr const char* kAllKey = "tgk_shop-and-books";
    static constexpr const char* kLookKey = "tgk_create-and-read";
    static constexpr const char* kReadKey = "tgk_read-only";  // Of a caller without apps.

    TempFolder folder;
    ShiftedClock clock;  // The gateway's, and its Alipay's.
    ScriptedAlipay alipay{clock};
    EventReceiver events;

private:
    config::Settings settings() const;
    void start();
    Answer send(const std::string& listener, transport::ClientRequest request);

    std::function<void(config::Settings&)> change_;
    const char* sqlite_vfs_;
    CountingEntropy entropy_;
    SeededRandom random_{1};
    KeptLog log_{folder.file("log.jsonl")};
    std::mutex fatal_mutex_;
    std::condition_variable fatal_said_;
    std::string fatal_;
    std::unique_ptr<gateway::Service> service_;
};

// The deliveries that have reached their endpoints.
inline constexpr const char* kDelivered =
    "SELECT count(*) FROM delivery WHERE status = 'delivered'";

// Gives the field of that name another value.
inline void replace(signing::Fields& fields, std::string_view name, const std::string& value) {
    for (auto& [known, old] : fields) {
        if (known == name) old = value;
    }
}

}  // namespace tollgate::testing
