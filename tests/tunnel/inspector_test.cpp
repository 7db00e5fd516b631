// The inspectors of both sides over real sockets: who gets in, what they show, what they do.
#include "tunnel/inspector.h"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "signing/digest.h"
#include "signing/form.h"
#include "tests/signing/notifications.h"
#include "tests/tunnel/tunnel_world.h"
#include "tunnel/inspector_json.h"
#include "tunnel/laptop_log.h"

namespace tollgate::tunnel::testing {
namespace {

using signing::paid_fields;
using signing::signed_fields;
using transport::testing::Answer;

constexpr const char* kForm = "Content-Type: application/x-www-form-urlencoded\r\n";

Answer ask(int port, const std::string& method, const std::string& target,
           const std::string& headers, const std::string& body = "") {
    auto answer = Peer::connect_to(port).ask(method + " " + target + " HTTP/1.1\r\n" + headers +
                                             "Content-Length: " + std::to_string(body.size()) +
                                             "\r\n\r\n" + body);
    return answer.value_or(Answer{});
}

// A relay, a client, its app, and the client's inspector.
class Laptop : public ::testing::Test {
protected:
    Laptop() {
        inspector_ = *Inspector::open(
            {.listen = {.address = "127.0.0.1", .port = 0},
             .door = {.token_sha256 = {signing::sha256_hex("key")}},
             .alipay_keys = {{.name = "alipay.pem", .key = signing::alipay_key().public_half()}},
             .target = *read_target(app_.url())},
            {.clock = system_clock(),
             .entropy = entropy_,
             .log = log_.get(),
             .exchanges = client_->log(),
             .metrics = [] { return std::string("m 1\n"); },
             .say = [this](const std::string& line) { said_.push_back(line); }});
        thread_ = std::thread([this] { inspector_->run(); });
        client_.connected();
    }
    ~Laptop() override {
        inspector_->stop();
        thread_.join();
    }

    static constexpr const char* kUs = "Host: 127.0.0.1\r\nAuthorization: Bearer key\r\n";
    Answer get(const std::string& target, const std::string& headers = kUs) const {
        return ask(inspector_->port(), "GET", target, headers);
    }
    Answer replay(std::uint64_t id, const std::string& json, std::string headers = kUs) const {
        headers += "Content-Type: application/json\r\n";
        return ask(inspector_->port(), "POST", "/api/exchanges/" + std::to_string(id) + "/replay",
                   headers, json);
    }
    Json json(const std::string& target) const {
        const Answer answer = get(target);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return Json::parse(answer.body, nullptr, false);
    }
    Json lines() const { return json("/api/exchanges")["exchanges"]; }
    // Posts it through the tunnel and gives its number.
    std::uint64_t bring(const std::string& body, const std::string& headers = kForm) {
        EXPECT_EQ(relay_.post("/notify", body, headers).status, 200);
        EXPECT_TRUE(becomes_true([&] { return lines()[0]["state"] == "answered"; }));
        return lines()[0]["id"].get<std::uint64_t>();
    }
    std::string address(std::uint64_t id) const { return "/api/exchanges/" + std::to_string(id); }

    App app_;
    RunningRelay relay_;
    RunningClient client_{relay_.url(), app_.url()};
    tollgate::testing::CountingEntropy entropy_;
    tollgate::testing::TestLog log_{system_clock()};
    std::vector<std::string> said_;
    std::unique_ptr<Inspector> inspector_;
    std::thread thread_;
};

TEST_F(Laptop, OpensToNobodyElse) {
    const std::uint64_t id = bring("a=1");
    for (const std::string target : {"/api/exchanges", "/api/compare?left=1&right=2", "/metrics"}) {
        EXPECT_EQ(get(target).status,
                  200 + (target.find("compare") == std::string::npos ? 0 : 204));
        EXPECT_EQ(get(target, "Host: localhost\r\n").status, 401) << target;
        EXPECT_EQ(get(target, "Host: localhost\r\nAuthorization: Bearer no\r\n").status, 401);
        EXPECT_EQ(get(target, "Host: evil.example\r\nAuthorization: Bearer key\r\n").status, 403);
        const auto foreign = get(target, std::string(kUs) + "Origin: http://evil.example\r\n");
        EXPECT_EQ(foreign.status, 403);
        EXPECT_EQ(foreign.header("Access-Control-Allow-Origin"), "");
    }
    EXPECT_EQ(get("/", "Host: evil.example\r\n").status, 403);
    EXPECT_EQ(replay(id, "{}", "Host: localhost\r\n").status, 401);
    EXPECT_EQ(replay(id, "{}", std::string(kUs) + "Origin: http://evil.example\r\n").status, 403);
    EXPECT_EQ(get(address(id) + "/replay").status, 405);
    EXPECT_EQ(ask(inspector_->port(), "POST", address(id) + "/replay", kUs, "{}").status, 415);
    EXPECT_EQ(ask(inspector_->port(), "OPTIONS", "/api/exchanges", kUs).status, 405);
    EXPECT_EQ(app_.count(), 1U) << "nothing was replayed";
}

TEST_F(Laptop, ServesAPageThatAsksNobodyElse) {
    for (const char* path : {"/", "/inspector.css", "/inspector.js", "/words.js", "/icon.svg"}) {
        const auto page = get(path, "Host: 127.0.0.1\r\n");
        EXPECT_EQ(page.status, 200) << path;
        const auto policy = page.header("Content-Security-Policy");
        EXPECT_EQ(policy.rfind("default-src 'none'; ", 0), 0U);
        EXPECT_EQ(policy.find("unsafe"), std::string::npos);
        EXPECT_EQ(page.header("X-Content-Type-Options"), "nosniff");
        EXPECT_EQ(page.header("Cache-Control"), "no-store");
        const std::string svg_name = "http://www.w3.org/2000/svg";
        std::string text = page.body;
        if (const auto at = text.find(svg_name); at != std::string::npos)
            text.erase(at, svg_name.size());
        EXPECT_EQ(text.find("http://"), std::string::npos) << path;
        EXPECT_EQ(text.find("https://"), std::string::npos) << path;
    }
}

TEST_F(Laptop, ShowsAlipaysVerdictBesideEach) {
    const auto body = signing::encode_form(signed_fields(paid_fields()));
    const std::uint64_t good = bring(body);
    EXPECT_EQ(lines()[0]["verdict"]["signature"], "good");
    EXPECT_EQ(lines()[0]["verdict"]["key"], "alipay.pem");
    EXPECT_EQ(lines()[0]["total_amount"], "12.30");
    EXPECT_EQ(lines()[0]["status"], 200);
    bring(signing::encode_form(
        signed_fields(signing::with(paid_fields(), "notify_id", "other"), signing::other_key())));
    EXPECT_EQ(lines()[0]["verdict"]["signature"], "bad");
    EXPECT_EQ(lines()[0]["verdict"]["code"], "unknown");
    bring("{\"x\":1}", "Content-Type: application/json\r\n");
    EXPECT_EQ(lines()[0]["kind"], "other");
    const Json page = json(address(good));
    EXPECT_EQ(page["body"]["text"], body);
    EXPECT_EQ(page["sha256"], signing::sha256_hex(body));
    EXPECT_EQ(page["tries"][0]["body"]["text"], "success");
    EXPECT_EQ(page["fields"].size(), paid_fields().size() + 1);
}

TEST_F(Laptop, CountsReSendsAndComparesThem) {
    bring("notify_id=n1&sign=s&sending=1");
    const std::uint64_t id = bring("notify_id=n1&sign=s&sending=2");
    ASSERT_EQ(lines().size(), 1U);
    EXPECT_EQ(lines()[0]["sendings"], 2);
    EXPECT_EQ(lines()[0]["step"]["at_once"], true);
    const std::string name = std::to_string(id);
    const Json diff = json("/api/compare?left=" + name + ".s1&right=" + name)["lines"];
    EXPECT_NE(std::ranges::find(diff, Json({"left", "sending = 1"})), diff.end()) << diff.dump();
    EXPECT_NE(std::ranges::find(diff, Json({"right", "sending = 2"})), diff.end());
    const Json answers = json("/api/compare?left=" + name + ".a1&right=" + name + ".a2")["lines"];
    EXPECT_EQ(answers[0], Json({"both", "status 200"}));
    for (const std::string wrong : {".s9", ".a9", ".s0", ".x1", "."}) {
        const auto answer = get("/api/compare?left=" + name + wrong + "&right=" + name);
        EXPECT_EQ(answer.status, 404) << wrong;
    }
}

TEST_F(Laptop, ReplaysEditedAndKeepsARecord) {
    const std::uint64_t id = bring("notify_id=n1");
    const auto answer = replay(id, R"({"host":"pay.local:81","target":"/b?y","body":"edited"})");
    ASSERT_EQ(answer.status, 202) << answer.body;
    const auto fresh = Json::parse(answer.body)["id"].get<std::uint64_t>();
    ASSERT_TRUE(becomes_true([&] { return app_.count() == 2; }));
    const auto seen = app_.seen()[1];
    EXPECT_EQ(seen.header("Host"), "pay.local:81");
    EXPECT_EQ(seen.target, "/b?y");
    EXPECT_EQ(seen.body, "edited");
    EXPECT_EQ(seen.header("X-Tunnel-Replay-Of"), std::to_string(id));
    EXPECT_EQ(json(address(fresh))["replay_of"], id);
    ASSERT_EQ(said_.size(), 1U);
    EXPECT_EQ(said_[0], "replay of " + std::to_string(id) + " as " + std::to_string(fresh) +
                            ", edited: host target body");
    const std::string binary("\0\xFF\r\n", 4);
    EXPECT_EQ(replay(id, R"({"body_base64":"AP8NCg=="})").status, 202);
    ASSERT_TRUE(becomes_true([&] { return app_.count() == 3; }));
    EXPECT_EQ(app_.seen()[2].body, binary);
}

TEST_F(Laptop, RefusesReplaysThatCannotBeSent) {
    const std::uint64_t id = bring("notify_id=n1");
    for (const char* wrong : {"", "[]", "{\"host\":1}", R"({"host":"a b"})", R"({"target":"no"})",
                              R"({"body_base64":"?"})", R"({"method":"GET"})"}) {
        EXPECT_EQ(replay(id, wrong).status, 400) << wrong;
    }
    EXPECT_EQ(replay(1, "{}").status, 404);
    EXPECT_EQ(app_.count(), 1U);
}

TEST_F(Laptop, MarksNothingOfTheProvidersAsAReplay) {
    bring("a=1", std::string(kForm) + "X-Tunnel-Replay-Of: 7\r\n");
    EXPECT_FALSE(app_.seen()[0].header("X-Tunnel-Replay-Of"));
}

TEST_F(Laptop, AnswersAPollWithoutNewsInAFewBytes) {
    bring("a=1");
    const std::string version = json("/api/exchanges")["version"];
    const auto quiet = get("/api/exchanges?known_version=" + version);
    EXPECT_EQ(Json::parse(quiet.body), Json({{"version", version}, {"unchanged", true}}));
    bring("a=2");
    EXPECT_EQ(json("/api/exchanges?known_version=" + version)["exchanges"].size(), 2U);
}

TEST_F(Laptop, SearchesAndPages) {
    const std::uint64_t first = bring("subject=%E8%8C%B6+tea");
    bring("subject=other");
    EXPECT_EQ(json("/api/exchanges?q=%E8%8C%B6%20tea")["exchanges"].size(), 1U);
    EXPECT_EQ(json("/api/exchanges?q=nowhere")["exchanges"].size(), 0U);
    EXPECT_EQ(json("/api/exchanges?state=answered&status=200")["exchanges"].size(), 2U);
    EXPECT_EQ(json("/api/exchanges?state=waiting")["exchanges"].size(), 0U);
    EXPECT_EQ(json("/api/exchanges?before=" + std::to_string(first))["exchanges"].size(), 0U);
    for (const std::string wrong : {"state=x", "before=x", "status=x", "what=1", "before=0"}) {
        EXPECT_EQ(get("/api/exchanges?" + wrong).status, 400) << wrong;
    }
}

TEST_F(Laptop, GivesTheExactBytesAsAFileThatRunsNowhere) {
    const std::string body("<script>\0\xFF", 10);
    const std::uint64_t id = bring(body, "Content-Type: text/html\r\n");
    const auto answer = get(address(id) + "/body");
    EXPECT_EQ(answer.body, body);
    EXPECT_EQ(answer.header("Content-Type"), "application/octet-stream");
    EXPECT_EQ(answer.header("Content-Disposition").rfind("attachment", 0), 0U);
    EXPECT_NE(json(address(id))["curl"].get<std::string>().find(R"(\000\377)"), std::string::npos);
    EXPECT_EQ(get("/api/exchanges/1").status, 404);
    EXPECT_EQ(get("/api/exchanges/x").status, 400);
}

TEST(InspectorAddress, IsThisMachinesAlone) {
    tollgate::testing::CountingEntropy entropy;
    tollgate::testing::TestLog log{system_clock()};
    LaptopLog exchanges([](Callback, const Replay&) -> Result<std::uint64_t> { return 1U; });
    const auto open = [&](const std::string& address, int port) {
        return Inspector::open({.listen = {.address = address, .port = port}},
                               {.clock = system_clock(),
                                .entropy = entropy,
                                .log = log.get(),
                                .exchanges = exchanges,
                                .metrics = {}});
    };
    EXPECT_EQ(open("0.0.0.0", 0).error().code(), ErrorCode::invalid_argument);
    const auto first = open("127.0.0.1", 0);
    ASSERT_TRUE(first);
    EXPECT_EQ(open("127.0.0.1", (*first)->port()).error().code(), ErrorCode::unavailable);
}

class RelaysInspector : public ::testing::Test {
protected:
    Answer get(const std::string& target, const std::string& host = "127.0.0.1") {
        return ask(relay_->inspector_port(), "GET", target,
                   "Host: " + host + "\r\nAuthorization: Bearer look\r\n");
    }
    tollgate::testing::TempFolder folder_;
    RunningRelay relay_{[this](config::TunnelSettings& settings) {
        std::ofstream(folder_.file("alipay.pem"))
            << signing::alipay_key().public_half().to_spki_pem();
        settings.inspector = {.listen = {.address = "127.0.0.1", .port = 0},
                              .token_sha256 = {signing::sha256_hex("look")},
                              .hosts = {"inspect.example.com"},
                              .alipay_key_files = {folder_.file("alipay.pem")}};
    }};
};

TEST_F(RelaysInspector, ShowsWhatIsKeptAndReplaysItThroughTheTunnel) {
    relay_.post("/notify", signing::encode_form(signed_fields(paid_fields())), kForm);
    const auto line =
        Json::parse(get("/api/exchanges", "inspect.example.com").body)["exchanges"][0];
    EXPECT_EQ(line["tunnel"], "alice");
    EXPECT_EQ(line["state"], "waiting");
    EXPECT_EQ(line["verdict"]["signature"], "good");
    const Json page = Json::parse(get("/api/exchanges/" + line["id"].dump()).body);
    EXPECT_NE(page["curl"].get<std::string>().find("'http://hook.example/t/alice/notify'"),
              std::string::npos);
    App app;
    const RunningClient client(relay_.url(), app.url());
    ASSERT_TRUE(becomes_true([&] { return app.count() == 1; }));
    const auto replayed =
        ask(relay_->inspector_port(), "POST", "/api/exchanges/" + line["id"].dump() + "/replay",
            "Host: localhost\r\nAuthorization: Bearer look\r\n"
            "Content-Type: application/json\r\n",
            R"({"body":"edited"})");
    EXPECT_EQ(replayed.status, 202) << replayed.body;
    ASSERT_TRUE(becomes_true([&] { return app.count() == 2; }));
    EXPECT_EQ(app.seen()[1].body, "edited");
    EXPECT_EQ(app.seen()[1].header("X-Tunnel-Replay-Of"), line["id"].dump());
}

TEST_F(RelaysInspector, CountsForMonitoring) {
    relay_.notify("n1", "&sending=1");
    relay_.notify("n1", "&sending=2");
    relay_.notify("n2");
    std::string text = get("/metrics").body;
    const auto has = [&](const std::string& line) {
        EXPECT_NE(text.find("\n" + line + "\n"), std::string::npos) << line << "\n" << text;
    };
    has(R"(tollgate_tunnel_received_total{tunnel="alice"} 3)");
    has(R"(tollgate_tunnel_superseded_total{tunnel="alice"} 1)");
    has(R"(tollgate_tunnel_kept_total{tunnel="alice"} 3)");
    has(R"(tollgate_tunnel_no_answer_total{tunnel="alice",reason="offline"} 3)");
    has(R"(tollgate_tunnel_kept{tunnel="alice"} 2)");
    has(R"(tollgate_tunnel_queue_depth{tunnel="alice"} 2)");
    has(R"(tollgate_tunnel_sessions{tunnel="alice"} 0)");
    has("tollgate_tunnel_store_failing 0");
    App app;
    const RunningClient client(relay_.url(), app.url());
    ASSERT_TRUE(becomes_true([&] { return relay_.counters().answered == 2; }));
    text = get("/metrics").body;
    has(R"(tollgate_tunnel_drained_total{tunnel="alice"} 2)");
    has(R"(tollgate_tunnel_answered_total{tunnel="alice"} 2)");
    has(R"(tollgate_tunnel_sessions{tunnel="alice"} 1)");
    has(R"(tollgate_tunnel_queue_depth{tunnel="alice"} 0)");
    EXPECT_EQ(ask(relay_->inspector_port(), "GET", "/metrics", "Host: localhost\r\n").status, 401);
}

}  // namespace
}  // namespace tollgate::tunnel::testing
