#include "tests/gateway/gateway_world.h"

#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/sqlite.h"
#include "base/time_text.h"
#include "signing/content.h"
#include "signing/digest.h"
#include "signing/entropy.h"
#include "signing/form.h"

namespace tollgate::testing {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kPatience{120};

std::string secret_text() {
    return "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
}

}  // namespace

const TestKeys& test_keys() {
    static const TestKeys kKeys{.app = *signing::PrivateKey::generate(2048),
                                .alipay = *signing::PrivateKey::generate(2048),
                                .stranger = *signing::PrivateKey::generate(2048)};
    return kKeys;
}

LocalServer::LocalServer(transport::Router router, Clock& clock) : log_(clock) {
    std::vector<transport::Listener> listeners;
    listeners.push_back(
        {.name = "local", .address = "127.0.0.1", .port = 0, .router = std::move(router)});
    auto front = transport::Front::open(
        std::move(listeners),
        {.clock = clock, .entropy = signing::openssl_entropy(), .log = log_.get()});
    EXPECT_TRUE(front);
    front_ = *std::move(front);
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { front_->run(); });
}

LocalServer::~LocalServer() {
    front_->stop(milliseconds(100));
    for (auto& thread : threads_) thread.join();
}

std::string LocalServer::url() const {
    return "http://127.0.0.1:" + std::to_string(front_->port("local"));
}

ScriptedAlipay::ScriptedAlipay(Clock& clock) {
    transport::Router router;
    router.add("POST", "/gateway.do",
               [this](auto& request, auto ticket) { serve(request, std::move(ticket)); });
    script_ = [](const std::string& method, const json& biz, transport::Ticket ticket) {
        if (method == "alipay.trade.precreate") {
            return ticket.complete(answer(
                method, {{"code", "10000"},
                         {"msg", "Success"},
                         {"out_trade_no", biz["out_trade_no"]},
                         {"qr_code",
                          "https://qr.alipay.com/bax" + biz["out_trade_no"].get<std::string>()}}));
        }
        ticket.complete(answer(method, {{"code", "40004"},
                                        {"msg", "Business Failed"},
                                        {"sub_code", "ACQ.TRADE_NOT_EXIST"},
                                        {"sub_msg", "交易不存在"}}));
    };
    server_ = std::make_unique<LocalServer>(std::move(router), clock);
}

void ScriptedAlipay::script(Script script) {
    const std::lock_guard lock(mutex_);
    script_ = std::move(script);
}

std::vector<std::string> ScriptedAlipay::calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
}

std::vector<ScriptedAlipay::Request> ScriptedAlipay::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

transport::ServerResponse ScriptedAlipay::answer(const std::string& method, const json& node) {
    std::string name = method + "_response";
    for (char& c : name) c = c == '.' ? '_' : c;
    const std::string text = node.dump();
    return {.status = 200,
            .content_type = "text/html;charset=utf-8",
            .body = "{\"" + name + "\":" + text + ",\"sign\":\"" +
                    *test_keys().alipay.sign(text, signing::SignType::rsa2) + "\"}"};
}

transport::ServerResponse ScriptedAlipay::unsigned_answer(const std::string& method,
                                                          const json& node) {
    std::string name = method + "_response";
    for (char& c : name) c = c == '.' ? '_' : c;
    return {.status = 200,
            .content_type = "text/html;charset=utf-8",
            .body = "{\"" + name + "\":" + node.dump() + ",\"sign\":\"\"}"};
}

void ScriptedAlipay::serve(transport::ServerRequest& request, transport::Ticket ticket) {
    const auto query = signing::decode_form(request.query);
    const auto body = signing::decode_form(request.body);
    ASSERT_TRUE(query && body);
    signing::Fields all = *query;
    all.insert(all.end(), body->begin(), body->end());
    const auto sign = signing::find(all, "sign");
    ASSERT_TRUE(sign);
    EXPECT_TRUE(test_keys().app.public_half().verify(signing::request_content(all), *sign,
                                                     signing::SignType::rsa2));
    const std::string method(signing::find(all, "method").value_or(""));
    constexpr bool kThrow = false;
    json biz = json::parse(signing::find(all, "biz_content").value_or("{}"), nullptr, kThrow);
    if (!biz.is_object()) biz = json::object();  // Encrypted: the test looks for itself.
    Script script;
    {
        const std::lock_guard lock(mutex_);
        calls_.push_back(method + " " + biz.value("out_trade_no", "") + " " +
                         biz.value("time_expire", ""));
        requests_.push_back({.query = *query, .body = *body, .headers = request.headers});
        script = script_;
    }
    script(method, biz, std::move(ticket));
}

EventReceiver::EventReceiver() {
    transport::Router router;
    router.add("POST", "/events", [this](transport::ServerRequest& request, auto ticket) {
        const std::lock_guard lock(mutex_);
        if (status_ < 300) {
            auto event = json::parse(request.body);
            event["id"] = std::string(request.header("webhook-id").value_or(""));
            events_.push_back(std::move(event));
            arrived_.notify_all();
        }
        ticket.complete({.status = status_, .body = body_});
    });
    server_ = std::make_unique<LocalServer>(std::move(router));
}

std::vector<json> EventReceiver::wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(arrived_.wait_for(lock, kPatience, [&] { return events_.size() >= count; }))
        << "only " << events_.size() << " of " << count << " events came";
    return events_;
}

std::size_t EventReceiver::count() const {
    const std::lock_guard lock(mutex_);
    return events_.size();
}

void EventReceiver::answer_with(int status, std::string body) {
    const std::lock_guard lock(mutex_);
    status_ = status;
    body_ = std::move(body);
}

json Answer::json() const {
    return nlohmann::json::parse(body, nullptr, false);
}

std::string Answer::header(std::string_view name) const {
    return std::string(transport::find_header(headers, name).value_or(""));
}

KeptLog::KeptLog(std::string file)
    : file_(std::move(file)),
      descriptor_(::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)),
      log_(descriptor_, system_clock(), LogLevel::debug) {}

KeptLog::~KeptLog() {
    ::close(descriptor_);
}

std::string KeptLog::text() const {
    std::ifstream file(file_);
    return {std::istreambuf_iterator<char>(file), {}};
}

void GatewayWorld::add_books(config::Settings& settings) {
    const auto& shop = settings.apps.at(0);
    config::AppSettings books;
    books.id = "books";
    books.app_id = "2021000000000002";
    books.seller_ids = {"2088000000000009"};
    books.gateway_url = shop.gateway_url;
    books.private_key = shop.private_key.clone();
    books.alipay_public_keys = shop.alipay_public_keys;
    settings.apps.push_back(std::move(books));
    const std::vector<std::string> rights{"create", "read", "redeliver", "operate"};
    settings.callers.push_back({.id = "books",
                                .key_sha256 = {signing::sha256_hex(kBooksKey)},
                                .apps = {"books"},
                                .rights = rights});
    settings.callers.push_back({.id = "all",
                                .key_sha256 = {signing::sha256_hex(kAllKey)},
                                .apps = {"shop", "books"},
                                .rights = rights});
}

void GatewayWorld::pay(const std::string& out_trade_no, const std::string& app) {
    auto wanted = order(out_trade_no);
    wanted["app"] = app;
    const auto made =
        api("POST", "/v1/payments", wanted.dump(), {}, app == "shop" ? kKey : kBooksKey);
    EXPECT_EQ(made.status, 201) << made.body;
    auto fields = paid(out_trade_no);
    if (app == "books") {
        for (auto& [name, value] : fields) {
            if (name == "app_id" || name == "auth_app_id") value = "2021000000000002";
            if (name == "seller_id") value = "2088000000000009";
        }
    }
    EXPECT_EQ(notify(signed_body(std::move(fields)), {}, app).body, "success");
}

GatewayWorld::GatewayWorld(std::function<void(config::Settings&)> change, const char* sqlite_vfs)
    : change_(std::move(change)), sqlite_vfs_(sqlite_vfs) {
    start();
}

GatewayWorld::~GatewayWorld() {
    if (service_ != nullptr) service_->stop(milliseconds(200));
}

void GatewayWorld::restart(const std::function<void()>& between) {
    service_->stop(milliseconds(200));
    service_.reset();
    if (between) between();
    start();
}

bool GatewayWorld::reload(const std::function<void(config::Settings&)>& change) {
    config::Settings changed = settings();
    change(changed);
    std::vector<config::Problem> problems;
    return service_->reload(changed.apps, problems).has_value();
}

config::Settings GatewayWorld::settings() const {
    config::Settings settings;
    settings.store.sqlite_file = folder.file("ledger.db");
    settings.public_door.listen.port = 0;
    settings.public_door.base_url = "http://pay.example";
    settings.api.listen.port = 0;
    settings.operator_door.listen.port = 0;
    config::AppSettings app;
    app.id = "shop";
    app.app_id = "2021000000000001";
    app.seller_ids = {"2088000000000001", "2088000000000002"};
    app.gateway_url = alipay.gateway_url();
    app.private_key = test_keys().app.to_pkcs8_pem();
    app.alipay_public_keys = {test_keys().alipay.public_half().to_spki_pem()};
    settings.apps.push_back(std::move(app));
    settings.callers = {{.id = "orders",
                         .key_sha256 = {signing::sha256_hex(kKey)},
                         .apps = {"shop"},
                         .rights = {"create", "read", "close", "refund", "redeliver", "operate"}},
                        {.id = "looker",
                         .key_sha256 = {signing::sha256_hex(kLookKey)},
                         .apps = {"shop"},
                         .rights = {"create", "read"}},
                        {.id = "viewer",
                         .key_sha256 = {signing::sha256_hex(kReadKey)},
                         .apps = {},
                         .rights = {"read"}}};
    config::EndpointSettings endpoint;
    endpoint.id = "orders";
    endpoint.url = events.url();
    endpoint.secrets.emplace_back(secret_text());
    endpoint.rules.timeout = std::chrono::seconds(30);  // On however slow a machine.
    settings.endpoints.push_back(std::move(endpoint));
    settings.workers = 2;
    if (change_) change_(settings);
    return settings;
}

void GatewayWorld::start() {
    std::vector<config::Problem> problems;
    // Those that share a ledger must not make the same ids.
    Entropy& entropy = settings().store.postgres ? signing::openssl_entropy() : entropy_;
    auto service = gateway::Service::start(settings(),
                                           {.clock = clock,
                                            .entropy = entropy,
                                            .random = random_,
                                            .log = log_.get(),
                                            .on_fatal =
                                                [this](std::string_view reason) {
                                                    const std::lock_guard lock(fatal_mutex_);
                                                    fatal_ = reason;
                                                    fatal_said_.notify_all();
                                                },
                                            .sqlite_vfs = sqlite_vfs_},
                                           problems);
    ASSERT_TRUE(service) << service.error().message() << config::to_text(problems);
    service_ = *std::move(service);
}

std::string GatewayWorld::url(const std::string& listener) const {
    return "http://127.0.0.1:" + std::to_string(service_->port(listener));
}

Answer GatewayWorld::send(const std::string& listener, transport::ClientRequest request) {
    request.url = url(listener) + request.url;
    request.total_timeout = kPatience;
    transport::CurlClient client({});
    auto reply = transport::send_and_wait(client, std::move(request));
    EXPECT_TRUE(reply) << reply.error().message();
    if (!reply) return {};
    return {.status = reply->status, .body = reply->body, .headers = reply->headers};
}

Answer GatewayWorld::api(const std::string& method, const std::string& target,
                         const std::string& body, const transport::HeaderList& headers,
                         const std::string& key) {
    transport::ClientRequest request{
        .method = method, .url = target, .headers = headers, .body = body};
    if (!key.empty()) request.headers.emplace_back("Authorization", "Bearer " + key);
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    return send("api", std::move(request));
}

Answer GatewayWorld::create(const json& body, const transport::HeaderList& headers) {
    return api("POST", "/v1/payments", body.dump(), headers);
}

Answer GatewayWorld::operator_get(const std::string& target) {
    return send("operator", {.method = "GET", .url = target});
}

Answer GatewayWorld::notify(const std::string& body, const transport::HeaderList& headers,
                            const std::string& app) {
    transport::ClientRequest request{
        .method = "POST", .url = "/alipay/" + app + "/notify", .headers = headers, .body = body};
    request.headers.emplace_back("Content-Type",
                                 "application/x-www-form-urlencoded; charset=utf-8");
    return send("public", std::move(request));
}

Answer GatewayWorld::public_post(const std::string& target, const std::string& body) {
    return send("public", {.method = "POST",
                           .url = target,
                           .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                           .body = body});
}

Answer GatewayWorld::notify_without_patience(const std::string& body) {
    transport::ClientRequest request{
        .method = "POST", .url = url("public") + "/alipay/shop/notify", .body = body};
    request.total_timeout = milliseconds(1'500);
    transport::CurlClient client({});
    const auto reply = transport::send_and_wait(client, std::move(request));
    return reply ? Answer{.status = reply->status, .body = reply->body} : Answer{};
}

Answer GatewayWorld::public_get(const std::string& target) {
    return send("public", {.method = "GET", .url = target});
}

std::string GatewayWorld::payment_status(const std::string& out_trade_no) {
    const auto list = api("GET", "/v1/payments?app=shop&out_trade_no=" + out_trade_no).json();
    return list["payments"].empty() ? "none" : list["payments"][0]["status"].get<std::string>();
}

std::int64_t GatewayWorld::count(const std::string& sql) {
    return std::stoll(text(sql));
}

std::string GatewayWorld::text(const std::string& sql) {
    auto db = Database::open(folder.file("ledger.db"), Database::Mode::read_only);
    EXPECT_TRUE(db);
    auto select = db->prepare(sql);
    EXPECT_TRUE(select) << sql;
    const auto row = select->step();
    EXPECT_TRUE(row && *row) << sql;
    return select->text(0);
}

void GatewayWorld::execute(const std::string& sql) {
    auto db = Database::open(folder.file("ledger.db"), Database::Mode::read_write);
    ASSERT_TRUE(db);
    ASSERT_TRUE(db->run("PRAGMA busy_timeout = 5000"));
    const auto done = db->run(sql.c_str());
    ASSERT_TRUE(done) << sql << ": " << done.error().message();
}

void GatewayWorld::wait_for_log(const std::string& text) {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    const auto deadline = system_clock().monotonic() + kPatience;
    while (log().find(text) == std::string::npos) {
        ASSERT_LT(system_clock().monotonic(), deadline) << text << " is not in the log";
        never.wait_for(lock, milliseconds(20));
    }
}

std::string GatewayWorld::wait_for_fatal() {
    std::unique_lock lock(fatal_mutex_);
    EXPECT_TRUE(fatal_said_.wait_for(lock, kPatience, [this] { return !fatal_.empty(); }));
    return fatal_;
}

void GatewayWorld::wait_for_count(const std::string& sql, std::int64_t value) {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    const auto deadline = system_clock().monotonic() + kPatience;
    while (count(sql) != value) {
        ASSERT_LT(system_clock().monotonic(), deadline) << sql << " is " << count(sql);
        never.wait_for(lock, milliseconds(20));
    }
}

json GatewayWorld::order(const std::string& out_trade_no, std::int64_t fen) {
    return {{"app", "shop"},
            {"out_trade_no", out_trade_no},
            {"product", "page"},
            {"amount", fen},
            {"subject", "一枚书签 a bookmark"},
            {"order", "O-" + out_trade_no},
            {"metadata", {{"cart", 7}}}};
}

signing::Fields GatewayWorld::paid(const std::string& out_trade_no, const std::string& amount) {
    const std::string now = to_beijing(system_clock().now());
    return {{"notify_time", now},
            {"notify_type", "trade_status_sync"},
            {"notify_id", "notify-" + out_trade_no},
            {"charset", "utf-8"},
            {"version", "1.0"},
            {"sign_type", "RSA2"},
            {"app_id", "2021000000000001"},
            {"auth_app_id", "2021000000000001"},
            {"trade_no", "2026" + out_trade_no},
            {"out_trade_no", out_trade_no},
            {"seller_id", "2088000000000001"},
            {"trade_status", "TRADE_SUCCESS"},
            {"total_amount", amount},
            {"receipt_amount", amount},
            {"subject", "一枚书签 a+b & 100% 🧧"},
            {"gmt_create", now},
            {"gmt_payment", now},
            {"fund_bill_list", R"([{"amount":"10.00","fundChannel":"ALIPAYACCOUNT"}])"}};
}

std::string GatewayWorld::signed_body(signing::Fields fields, const signing::PrivateKey& key) {
    fields.emplace_back("sign",
                        *key.sign(signing::notification_content(fields), signing::SignType::rsa2));
    return signing::encode_form(fields);
}

}  // namespace tollgate::testing
