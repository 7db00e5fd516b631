// The console: who may look and act, what is written down of it, and what can be found.
#include <gtest/gtest.h>

#include "gateway/operate/actions.h"
#include "gateway/operate/overview.h"
#include "gateway/operate/pages.h"
#include "tests/gateway/console_world.h"

namespace tollgate {
namespace {

using nlohmann::json;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ConsoleWorld;
using testing::GatewayWorld;
using testing::kPassword;

// --- sessions ------------------------------------------------------------------------------------

TEST(Console, SignsInWithTheRightPasswordAlone) {
    ConsoleWorld world;
    const auto good = world.try_to_sign_in("the-operator", kPassword);
    ASSERT_EQ(good.status, 200) << good.body;
    EXPECT_EQ(good.json()["operator"]["name"], "the-operator");
    EXPECT_EQ(good.json()["operator"]["role"], "operator");
    const std::string cookie = good.header("set-cookie");
    EXPECT_TRUE(cookie.starts_with(world.cookie_name() + "=")) << cookie;
    for (const char* part : {"HttpOnly", "SameSite=Strict", "Path=/console/"}) {
        EXPECT_NE(cookie.find(part), std::string::npos) << cookie;
    }
    EXPECT_EQ(cookie.find("Secure"), std::string::npos);
    const auto wrong = world.try_to_sign_in("the-operator", "correct horse batterx");
    const auto nobody = world.try_to_sign_in("nobody", kPassword);
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(wrong.json()["code"], "wrong_password");
    // Nothing tells a name that exists from one that does not.
    EXPECT_EQ(wrong.body, nobody.body);
    EXPECT_EQ(wrong.header("set-cookie"), "");
    EXPECT_EQ(world.log().find(kPassword), std::string::npos);
}

TEST(Console, AnswersWhoIsSignedInUntilHeSignsOut) {
    ConsoleWorld world;
    EXPECT_EQ(world.get("/session").json()["code"], "signed_out");
    world.sign_in("the-viewer");
    const auto session = world.get("/session");
    EXPECT_EQ(session.status, 200);
    EXPECT_EQ(session.json()["operator"]["role"], "viewer");
    EXPECT_EQ(session.json()["csrf"], world.csrf);
    EXPECT_EQ(world.ask("DELETE", "/console/api/session").status, 204);
    EXPECT_EQ(world.get("/session").status, 401);
}

TEST(Console, LetsNobodyInWithAForgedOrExpiredCookie) {
    ConsoleWorld world;
    world.sign_in("the-admin");
    const std::string good = world.cookie;
    EXPECT_EQ(world.get("/overview").status, 200);
    std::string forged = good;
    forged.back() = forged.back() == '0' ? '1' : '0';
    for (const std::string& cookie :
         {forged, world.cookie_name() + "=", world.cookie_name() + "=the-admin", "x" + good,
          "tollgate_session_1" + good.substr(good.find('=')), std::string()}) {
        world.cookie = cookie;
        for (const char* path : {"/overview", "/payments", "/audit", "/v1/events", "/session",
                                 "/payments/pay_1/timeline", "/v1/notifications"}) {
            const auto answer = world.get(path);
            EXPECT_EQ(answer.status, 401) << path;
            EXPECT_EQ(answer.json()["code"], "signed_out");
        }
    }
    world.cookie = good;
    world.clock.pass(minutes(479));
    EXPECT_EQ(world.get("/overview").status, 200);
    world.clock.pass(minutes(2));
    EXPECT_EQ(world.get("/overview").status, 401);
}

TEST(Console, SlowsGuessesDown) {
    ConsoleWorld world;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(world.try_to_sign_in("the-admin", "guess number " + std::to_string(i)).status,
                  401);
    }
    const auto slowed = world.try_to_sign_in("the-admin", kPassword);
    EXPECT_EQ(slowed.status, 429);
    EXPECT_EQ(slowed.json()["code"], "too_many_attempts");
    EXPECT_FALSE(slowed.header("retry-after").empty());
    // Others may go on, and so may he after the wait.
    EXPECT_EQ(world.try_to_sign_in("the-viewer", kPassword).status, 200);
    world.clock.pass(seconds(2));
    EXPECT_EQ(world.try_to_sign_in("the-admin", kPassword).status, 200);
}

TEST(Console, KeepsTheCookieForTlsWhereAProxyHasIt) {
    ConsoleWorld world;
    const auto answer = world.ask("POST", "/console/api/session",
                                  json{{"name", "the-viewer"}, {"password", kPassword}}.dump(),
                                  {{"X-Forwarded-Proto", "https"}});
    EXPECT_NE(answer.header("set-cookie").find("; Secure"), std::string::npos);
}

// A browser gives the cookies of one host's ports to each of them.
TEST(Console, LeavesASessionAtAnotherPortAlone) {
    ConsoleWorld here;
    ConsoleWorld there;
    here.sign_in("the-viewer");
    const std::string first = here.cookie;
    there.sign_in("the-admin");  // The same randomness: the next one has another cookie.
    there.sign_in("the-admin");
    ASSERT_NE(first.substr(first.find('=')), there.cookie.substr(there.cookie.find('=')));
    here.cookie = there.cookie + "; " + first;
    EXPECT_EQ(here.get("/session").json()["operator"]["name"], "the-viewer");
    // Without a port in Host it has a name, too.
    const auto answer = here.ask("GET", "/console/api/session", "", {{"Host", "pay.example.com"}});
    EXPECT_EQ(answer.status, 401);
}

TEST(Console, TakesNoSignInFromAFormOfAnotherSite) {
    ConsoleWorld world;
    const auto answer =
        world.ask("POST", "/console/api/session", "", {{"Content-Type", "text/plain"}});
    EXPECT_EQ(answer.status, 400);
}

// --- rights --------------------------------------------------------------------------------------

TEST(Console, ChangesNothingWithoutTheCsrfToken) {
    ConsoleWorld world;
    const std::string id = world.new_payment("T1");
    world.sign_in("the-operator");
    for (const std::string& token : {std::string(), std::string(64, '0')}) {
        world.csrf = token;
        const auto answer = world.act("POST", "/v1/payments/" + id + "/close");
        EXPECT_EQ(answer.status, 403);
        EXPECT_EQ(answer.json()["code"], "csrf");
    }
    EXPECT_EQ(world.payment_status("T1"), "pending");
    EXPECT_EQ(world.count("SELECT count(*) FROM operator_action"), 0);
}

TEST(Console, LetsAViewerLookAndChangeNothing) {
    ConsoleWorld world;
    const std::string id = world.new_payment("T1");
    world.sign_in("the-viewer");
    EXPECT_EQ(world.get("/v1/payments/" + id).status, 200);
    EXPECT_EQ(world.get("/v1/payments/" + id).json()["status"], "pending");
    for (const char* action : {"/close", "/refunds"}) {
        const auto answer = world.act("POST", "/v1/payments/" + id + action);
        EXPECT_EQ(answer.status, 403);
        EXPECT_EQ(answer.json()["code"], "right_missing");
    }
    EXPECT_EQ(world.payment_status("T1"), "pending");
}

TEST(Console, MakesNoPayments) {
    ConsoleWorld world;
    world.sign_in("the-admin");
    const auto answer = world.act("POST", "/v1/payments", GatewayWorld::order("T1").dump());
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.json()["code"], "right_missing");
    EXPECT_EQ(world.count("SELECT count(*) FROM payment"), 0);
}

TEST(Console, IsNoWayIntoTheOrderServicesDoor) {
    ConsoleWorld world;
    const std::string id = world.new_payment("T1");
    world.sign_in("the-admin");
    const transport::HeaderList headers{{"Cookie", world.cookie},
                                        {"X-CSRF-Token", world.csrf},
                                        {"Vouched-For", "operator:the-admin"}};
    EXPECT_EQ(world.api("GET", "/v1/payments/" + id, "", headers, "").status, 401);
    EXPECT_EQ(world.api("GET", "/v1/payments/" + id, "", {}, "operator:the-admin").status, 401);
}

TEST(Console, ShowsBodiesAndTheAuditToAdminsAlone) {
    ConsoleWorld world;
    world.new_payment("T1");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    for (const char* name : {"the-viewer", "the-operator"}) {
        world.sign_in(name);
        const auto list = world.get("/v1/notifications").json()["notifications"];
        ASSERT_EQ(list.size(), 1U);
        EXPECT_FALSE(list[0].contains("body")) << name;
        EXPECT_EQ(world.get("/audit").status, 403) << name;
    }
    world.sign_in("the-admin");
    const auto list = world.get("/v1/notifications").json()["notifications"];
    EXPECT_NE(list[0]["body"].get<std::string>().find("trade_status=TRADE_SUCCESS"),
              std::string::npos);
    EXPECT_EQ(world.get("/audit").status, 200);
}

// --- actions and their audit ---------------------------------------------------------------------

TEST(Console, NeedsAReasonForEachAction) {
    ConsoleWorld world;
    const std::string id = world.new_payment("T1");
    world.sign_in("the-operator");
    for (const std::string& reason : {std::string(), std::string("%20%20"), std::string("%FF"),
                                      std::string(201, 'x'), std::string("a&b")}) {
        transport::HeaderList headers;
        if (!reason.empty()) headers.emplace_back("X-Reason", reason);
        const auto answer =
            world.ask("POST", "/console/api/v1/payments/" + id + "/close", "", headers);
        EXPECT_EQ(answer.status, 400) << reason;
        EXPECT_EQ(answer.json()["code"], "reason_needed") << reason;
    }
    EXPECT_EQ(world.payment_status("T1"), "pending");
    EXPECT_EQ(world.count("SELECT count(*) FROM operator_action"), 0);
}

TEST(Console, ClosesAPaymentAndWritesDownWhoWhyBeforeAndAfter) {
    ConsoleWorld world;
    const std::string id = world.new_payment("T1");
    world.little.open("T1");
    world.sign_in("the-operator");
    const auto closed = world.ask("POST", "/console/api/v1/payments/" + id + "/close", "",
                                  {{"X-Reason", "%E9%A1%BE%E5%AE%A2%E6%9D%A5%E7%94%B5"}});
    EXPECT_EQ(closed.status, 200) << closed.body;
    EXPECT_EQ(closed.json()["status"], "closed");

    const auto entries = world.audit();
    ASSERT_EQ(entries.size(), 1U);
    const auto& entry = entries[0];
    EXPECT_EQ(entry["operator"], "the-operator");
    EXPECT_EQ(entry["role"], "operator");
    EXPECT_EQ(entry["action"], "payments.close");
    EXPECT_EQ(entry["target"], "payments/" + id);
    EXPECT_EQ(entry["reason"], "顾客来电");
    EXPECT_EQ(entry["status"], 200);
    EXPECT_EQ(entry["before"]["status"], "pending");
    EXPECT_EQ(entry["after"]["status"], "closed");
    EXPECT_FALSE(entry["request_id"].get<std::string>().empty());
    EXPECT_FALSE(entry["finished_at"].is_null());
    // The payment's own history names him, too.
    EXPECT_EQ(world.text("SELECT cause_id FROM transition WHERE to_status = 'closing'"),
              "operator:the-operator");
}

TEST(Console, WritesDownWhatWasRefused) {
    ConsoleWorld world;
    const std::string id = world.new_payment("T1");
    world.sign_in("the-operator");
    const auto answer = world.act("POST", "/v1/payments/" + id + "/refunds",
                                  json{{"out_request_no", "R1"}, {"amount", 1}}.dump());
    EXPECT_EQ(answer.status, 409);
    const auto entries = world.audit();
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0]["action"], "payments.refunds");
    EXPECT_EQ(entries[0]["status"], 409);
    EXPECT_EQ(entries[0]["after"]["code"], "payment_not_paid");
}

TEST(Console, KeepsNoSecretInTheAudit) {
    ConsoleWorld world([](config::Settings& settings) {
        settings.deliveries.allowed_networks = {"127.0.0.1/32"};
    });
    world.sign_in("the-operator");
    const auto made =
        world.act("POST", "/v1/endpoints", json{{"url", "http://127.0.0.1:9/events"}}.dump(),
                  {{"Idempotency-Key", "k1"}});
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string secret = made.json()["secret"];
    ASSERT_TRUE(secret.starts_with("whsec_"));
    EXPECT_EQ(world.count("SELECT count(*) FROM operator_action WHERE action = 'endpoints.create'"
                          " AND status = 201"),
              1);
    EXPECT_EQ(world.count("SELECT count(*) FROM operator_action WHERE instr(coalesce(after_json,"
                          " '') || coalesce(before_json, ''), 'whsec_')"),
              0);
    EXPECT_EQ(world.log().find(secret), std::string::npos);
}

TEST(Console, WritesNothingDownOfWhatIsNoAction) {
    ConsoleWorld world;
    world.sign_in("the-operator");
    for (const char* path : {"/v1/nothing", "/v1/", "/v1/payments/pay_1/explode"}) {
        EXPECT_EQ(world.act("POST", path).status, 404) << path;
    }
    EXPECT_EQ(world.act("DELETE", "/v1/payments/pay_1").status, 405);
    EXPECT_EQ(world.count("SELECT count(*) FROM operator_action"), 0);
}

TEST(Console, NamesActionsByWhatTheyDo) {
    const auto name = [](const char* method, const char* path) {
        const auto named = gateway::operate::name_action(method, path);
        return named.action + " " + named.target + " " + named.object;
    };
    EXPECT_EQ(name("POST", "payments/pay_1/close"),
              "payments.close payments/pay_1 /v1/payments/pay_1");
    EXPECT_EQ(name("POST", "events/redeliver"), "events.redeliver events ");
    EXPECT_EQ(name("POST", "events/evt_1/redeliver"),
              "events.redeliver events/evt_1 /v1/events/evt_1");
    EXPECT_EQ(name("PATCH", "endpoints/a"), "endpoints.change endpoints/a /v1/endpoints/a");
    EXPECT_EQ(name("DELETE", "endpoints/a"), "endpoints.remove endpoints/a /v1/endpoints/a");
    EXPECT_EQ(name("POST", "endpoints"), "endpoints.create endpoints ");
    EXPECT_EQ(name("POST", "preauthorisations/shop/A1/cancel"),
              "preauthorisations.cancel preauthorisations/shop/A1 /v1/preauthorisations/shop/A1");
}

// --- what is found -------------------------------------------------------------------------------

TEST(Console, FindsAPaymentByEveryNumber) {
    ConsoleWorld world;
    const std::string id = world.new_payment("T1");
    world.new_payment("T2");
    world.little.pay("T1");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    world.sign_in("the-operator");
    const auto refund = world.act("POST", "/v1/payments/" + id + "/refunds",
                                  json{{"out_request_no", "R1"}, {"amount", 100}}.dump());
    ASSERT_EQ(refund.status, 201) << refund.body;
    const std::string event = world.text("SELECT event_id FROM event WHERE type = 'payment.paid'");
    for (const std::string& number : {id, std::string("T1"), std::string("2026T1"),
                                      std::string("O-T1"), std::string("R1"), event}) {
        const auto found = world.get("/payments?q=" + number).json();
        ASSERT_EQ(found["payments"].size(), 1U) << number << found.dump();
        EXPECT_EQ(found["payments"][0]["id"], id);
        EXPECT_TRUE(found["next"].is_null());
    }
    EXPECT_TRUE(world.get("/payments?q=nothing").json()["payments"].empty());
}

TEST(Console, ListsPaymentsByFiltersPageByPage) {
    ConsoleWorld world;
    for (const char* number : {"T1", "T2", "T3"}) {
        world.new_payment(number);
        world.clock.pass(seconds(1));
    }
    world.sign_in("the-viewer");
    const auto first = world.get("/payments?limit=2").json();
    ASSERT_EQ(first["payments"].size(), 2U);
    EXPECT_EQ(first["payments"][0]["out_trade_no"], "T3");
    const auto second =
        world.get("/payments?limit=2&after=" + first["next"].get<std::string>()).json();
    ASSERT_EQ(second["payments"].size(), 1U);
    EXPECT_EQ(second["payments"][0]["out_trade_no"], "T1");
    EXPECT_TRUE(second["next"].is_null());
    EXPECT_EQ(world.get("/payments?status=pending&app=shop").json()["payments"].size(), 3U);
    EXPECT_TRUE(world.get("/payments?status=paid").json()["payments"].empty());
    EXPECT_TRUE(world.get("/payments?app=books").json()["payments"].empty());
    EXPECT_EQ(world.get("/payments?status=lost").status, 400);
    EXPECT_EQ(world.get("/payments?nothing=1").status, 400);
}

TEST(Console, CountsInTheOverview) {
    ConsoleWorld world;
    world.new_payment("T1");
    world.new_payment("T2");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    world.events.wait_for(1);
    world.wait_for_count("SELECT count(*) FROM delivery WHERE status = 'delivered'", 1);
    world.sign_in("the-viewer");
    const auto overview = world.get("/overview").json();
    EXPECT_EQ(overview["build"]["engine"], "sqlite");
    EXPECT_EQ(overview["minutes"].size(), 60U);
    std::int64_t created = 0;
    for (const auto& minute : overview["minutes"]) {
        if (minute["created"].is_number()) created += minute["created"].get<std::int64_t>();
    }
    EXPECT_EQ(created, 2);
    EXPECT_EQ(overview["today"]["paid"], 1);
    EXPECT_EQ(overview["today"]["success_rate"], 100.0);
    EXPECT_EQ(overview["unfinished"]["pending"], 1);
    EXPECT_EQ(overview["oldest_unfinished"]["status"], "pending");
    EXPECT_EQ(overview["outbox"]["pending"], 0);
    EXPECT_EQ(overview["differences_open"], 0);
    EXPECT_TRUE(overview["lag"]["delivery_ms"]["p50"].is_number());
    EXPECT_TRUE(overview["lag"]["notify_ms"]["p95"].is_number());
    EXPECT_EQ(overview["endpoints"][0],
              (json{{"id", "orders"}, {"state", "enabled"}, {"breaker", "closed"}}));
    EXPECT_EQ(overview["ready"]["ok"], true);
    EXPECT_TRUE(overview["guarded_since"].is_null());
    EXPECT_TRUE(overview["sandbox"].is_null());
    // For a few seconds it is the same one.
    world.new_payment("T3");
    EXPECT_EQ(world.get("/overview").json(), overview);
    world.clock.pass(seconds(6));
    EXPECT_EQ(world.get("/overview").json()["unfinished"]["pending"], 2);
}

TEST(Overview, CutsItsPercentOffAndKnowsNoneOfNothing) {
    using gateway::operate::percentiles_json;
    using gateway::operate::success_rate;
    EXPECT_EQ(success_rate({}), "null");
    EXPECT_EQ(success_rate({.paid = 2, .failed = 1}), "66.6");
    EXPECT_EQ(success_rate({.paid = 999, .closed = 1}), "99.9");
    EXPECT_EQ(percentiles_json({}), R"({"p50":null,"p95":null})");
    EXPECT_EQ(percentiles_json({3, 1, 2}), R"({"p50":2,"p95":2})");
}

// --- pages ---------------------------------------------------------------------------------------

TEST(Pages, SayWhatToSetWhereThereIsNoConsole) {
    GatewayWorld world;
    const auto answer = world.operator_get("/console/");
    EXPECT_EQ(answer.status, 404);
    EXPECT_NE(answer.body.find("tollgate keys password"), std::string::npos);
    EXPECT_EQ(world.operator_get("/console/api/session").status, 404);
    EXPECT_EQ(world.operator_get("/healthz").status, 200);
    EXPECT_EQ(world.operator_get("/nothing").status, 404);
}

constexpr std::array kFiles = {
    gateway::operate::PageFile{"assets/index-Bc1d2e3f.js", "text/javascript; charset=utf-8",
                               "\"1\"", "script"},
    gateway::operate::PageFile{"index.html", "text/html; charset=utf-8", "\"2\"", "index"},
};

transport::ServerResponse page(const std::string& path, transport::HeaderList headers = {},
                               const std::string& method = "GET") {
    transport::ServerRequest request;
    request.method = method;
    request.path = path;
    request.headers = std::move(headers);
    return gateway::operate::page_response(kFiles, true, request);
}

TEST(Pages, ServeWhatWasBuiltInAndNothingElse) {
    EXPECT_EQ(page("/console/").body, "index");
    EXPECT_EQ(page("/console/index.html").body, "index");
    EXPECT_EQ(page("/console/payments/pay_1").body, "index");
    EXPECT_EQ(page("/console/assets/index-Bc1d2e3f.js").body, "script");
    for (const char* path :
         {"/console/../index.html", "/console/assets/../../etc/passwd", "/console//etc/passwd.txt",
          "/console/assets/other.js", "/console/config/example.json", "/console/\xFF"}) {
        EXPECT_EQ(page(path).status, 404) << path;
    }
    EXPECT_EQ(page("/console/", {}, "POST").status, 405);
}

TEST(Pages, GuardTheBrowserAndAreKeptByTheirContent) {
    const auto index = page("/console/");
    const auto header = [](const transport::ServerResponse& response, const char* name) {
        return std::string(transport::find_header(response.headers, name).value_or(""));
    };
    EXPECT_EQ(header(index, "content-security-policy"),
              "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
              "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
              "frame-ancestors 'none'");
    EXPECT_EQ(header(index, "x-content-type-options"), "nosniff");
    EXPECT_EQ(header(index, "referrer-policy"), "no-referrer");
    EXPECT_EQ(header(index, "etag"), "\"2\"");
    EXPECT_EQ(header(index, "cache-control"), "no-cache");
    EXPECT_NE(header(page("/console/assets/index-Bc1d2e3f.js"), "cache-control").find("immutable"),
              std::string::npos);
    const auto again = page("/console/", {{"If-None-Match", "\"2\""}});
    EXPECT_EQ(again.status, 304);
    EXPECT_TRUE(again.body.empty());
    EXPECT_EQ(page("/console/", {{"If-None-Match", "\"1\""}}).status, 200);
}

TEST(Pages, SayHowToGetThemWhereTheyWereNotBuilt) {
    transport::ServerRequest request;
    request.method = "GET";
    request.path = "/console/";
    const auto answer = gateway::operate::page_response({}, true, request);
    EXPECT_EQ(answer.status, 404);
    EXPECT_NE(answer.body.find("--target console"), std::string::npos);
}

}  // namespace
}  // namespace tollgate
