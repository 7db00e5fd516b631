#include <filesystem>
#include <initializer_list>
#include <set>

#include <gtest/gtest.h>

#include "tests/gateway/config_world.h"
#include "tests/signing/certificates.h"

namespace tollgate {
namespace {

using config::Problem;
using testing::test_keys;

class Config : public testing::ConfigWorld {};

TEST_F(Config, TakesAGoodFile) {
    EXPECT_EQ(config::to_text(problems(good())), "");
}

TEST_F(Config, NamesEveryProblemAtOnce) {
    const auto found = problems(R"({
        "store": {}, "public": {"base_url": "pay.example", "prot": 1},
        "api": {"listen": "localhost"}, "workers": -1,
        "apps": [{"id": "Shop!", "app_id": "x", "seller_ids": [], "gateway_url": "https://a/?q",
                  "private_key": "PEM", "alipay_public_keys": []}],
        "callers": [{"id": "c", "key_sha256": ["abc"], "apps": ["none"], "rights": ["all"]}],
        "deliveries": {"schedule": [1, 2], "waits_seconds": []},
        "retention": {"bodies_days": 30, "events_days": 0},
        "traces": {"endpoint": "collector:4318", "sample_ratio": 1, "sample_per_million": 1000001,
                   "service_name": ""}
    })");
    const std::string text = config::to_text(found);
    for (const char* where : {"/store/sqlite_file: is missing",
                              "/public/base_url: an http",
                              "/public/prot: is not a",
                              "/api/listen: an address",
                              "/workers: a whole number",
                              "/apps/0/id: 1 to 32",
                              "/apps/0/app_id: up to",
                              "/apps/0/seller_ids: at least one",
                              "/apps/0/gateway_url: an",
                              "/apps/0/private_key: {\"file\"",
                              "/apps/0/alipay_public_keys: a list",
                              "/callers/0/key_sha256: 64",
                              "/callers/0/rights: \"all\"",
                              "/callers/0/apps: there is no app \"none\"",
                              "/deliveries/schedule: must add up",
                              "/deliveries/waits_seconds: is not a",
                              "/retention/bodies_days: is 0 (for ever)",
                              "/traces/endpoint: an http:// or https:// address",
                              "/traces/sample_ratio: is not a",
                              "/traces/sample_per_million: a whole number from 0 to 1000000",
                              "/traces/service_name: "}) {
        EXPECT_NE(text.find(where), std::string::npos) << where << " is not in\n" << text;
    }
}

TEST_F(Config, RefusesMerchantsThatAlipayCannotHaveAndSchedulesThatGiveUpAtOnce) {
    const std::string text = config::to_text(problems(R"({
        "apps": [{"id": "shop", "app_id": "2021", "seller_ids": ["2088"],
                  "gateway_url": "https://a/", "private_key": "PEM", "alipay_public_keys": []}],
        "endpoints": [{"id": "orders", "url": "http://a/", "schedule": []}]
    })"));
    EXPECT_NE(text.find("/apps/0/seller_ids: 2088 and 12"), std::string::npos) << text;
    EXPECT_NE(text.find("/endpoints/0/schedule: at least one"), std::string::npos) << text;
}

// What was stored while it was allowed costs an endpoint none of its other rules.
TEST(DeliveryRules, OfAnEndpointThatHasAnEmptyScheduleKeepTheOthers) {
    const auto rules = config::parse_delivery_rules(R"({"schedule": [], "success_body": "ok"})");
    ASSERT_TRUE(rules) << rules.error().message();
    EXPECT_EQ(rules->success_body, "ok");
    EXPECT_EQ(rules->waits, config::DeliveryRules::standard_schedule());
}

TEST_F(Config, TakesACollectorWithItsKey) {
    write("collector", "Bearer hush\n", 0600);
    write("lines", "Bearer one\r\nX-Other: two", 0600);
    const std::string store = R"("store": {"sqlite_file": "ledger.db"})";
    const auto traces = [&](const std::string& members) {
        return with(good(), store, store + R"(, "traces": {)" + members + "}");
    };
    const auto loaded = config::load(traces(R"("endpoint": "https://otel.example/otlp/",
        "authorization": {"file": "collector"}, "sample_per_million": 0)"),
                                     folder_.path());
    ASSERT_TRUE(std::holds_alternative<config::Settings>(loaded));
    const config::TracesSettings& settings = std::get<config::Settings>(loaded).traces;
    EXPECT_EQ(settings.endpoint, "https://otel.example/otlp");
    EXPECT_EQ(settings.authorization.reveal(), "Bearer hush");
    EXPECT_EQ(settings.service_name, "tollgate");
    EXPECT_EQ(settings.sample_per_million, 0);
    const auto said = [&](const std::string& members) {
        return config::to_text(problems(traces(members)));
    };
    EXPECT_EQ(said(R"("endpoint": "http://127.0.0.1:4318/v1/traces")"),
              "/traces/endpoint: must be without /v1/traces, which is added to it\n");
    EXPECT_EQ(said(R"("authorization": {"file": "collector"})"),
              "/traces/authorization: is of no use without an endpoint\n");
    EXPECT_EQ(said(R"("endpoint": "http://a", "authorization": {"file": "lines"})"),
              "/traces/authorization: one line of plain ASCII is needed\n");
}

TEST_F(Config, TakesAPostgresqlDatabaseInTheFilesPlace) {
    write("postgres", "hush", 0600);
    const std::string sqlite = R"("store": {"sqlite_file": "ledger.db"})";
    const auto store = [&](const std::string& members) {
        return with(good(), sqlite, R"("store": {"postgres": {)" + members + "}}");
    };
    const auto loaded =
        config::load(store(R"("conninfo": "dbname=t", "password": {"file": "postgres"},
        "folder": "one", "statement_timeout_seconds": 3)"),
                     folder_.path());
    ASSERT_TRUE(std::holds_alternative<config::Settings>(loaded));
    const config::StoreSettings& settings = std::get<config::Settings>(loaded).store;
    ASSERT_TRUE(settings.postgres);
    EXPECT_EQ(settings.postgres->password.reveal(), "hush");
    EXPECT_EQ(settings.postgres->statement_timeout, std::chrono::seconds(3));
    EXPECT_TRUE(settings.stem().ends_with("/one/tollgate"));
    for (const char* conninfo : {"dbname=t password=hush", "postgres://me:hush@db/t"}) {
        const auto found =
            problems(store(R"("folder": "one", "conninfo": ")" + std::string(conninfo) + "\""));
        ASSERT_EQ(found.size(), 1U);
        EXPECT_EQ(found[0].where, "/store/postgres/conninfo");
        EXPECT_EQ(found[0].what.find("hush"), std::string::npos);
    }
    EXPECT_EQ(problems(store(""))[0].where, "/store/postgres/conninfo");
    EXPECT_EQ(problems(with(good(), sqlite,
                            R"("store": {"sqlite_file": "a", "postgres": {"conninfo": "dbname=t",
        "folder": "one"}})"))[0]
                  .where,
              "/store/postgres");
}

TEST_F(Config, TakesTlsAndLimitsAtEveryDoor) {
    for (const char* door : {"public", "api", "operator"}) {
        std::string text = good();
        const bool is_public = std::string(door) == "public";
        const std::string members = R"("tls": {"certificate": "c.pem", "key": "k.pem",
                "client_ca": "ca.pem", "client_needed": false},
            "limits": {"connections_max": 7, "head_kilobytes_max": 8, "body_kilobytes_max": 9,
                       "request_seconds": 3, "idle_seconds": 4})";
        text = is_public ? with(text, R"("base_url")", members + R"(, "base_url")")
                         : with(text, R"("apps")",
                                "\"" + std::string(door) + "\": {" + members + R"(}, "apps")");
        auto loaded = config::load(text, folder_.path());
        ASSERT_TRUE(std::holds_alternative<config::Settings>(loaded)) << door;
        const auto& settings = std::get<config::Settings>(loaded);
        const config::DoorTls& tls = is_public                    ? settings.public_door.tls
                                     : std::string(door) == "api" ? settings.api.tls
                                                                  : settings.operator_door.tls;
        const config::DoorLimits& limits = is_public ? settings.public_door.limits
                                           : std::string(door) == "api"
                                               ? settings.api.limits
                                               : settings.operator_door.limits;
        EXPECT_EQ(tls.certificate_file, folder_.file("c.pem"));
        EXPECT_EQ(tls.client_ca_file, folder_.file("ca.pem"));
        EXPECT_FALSE(tls.client_needed);
        EXPECT_EQ(limits.connections_max, 7);
        EXPECT_EQ(limits.head_bytes_max, 8 * 1024);
        EXPECT_EQ(limits.body_bytes_max, 9 * 1024);
        EXPECT_EQ(limits.request_time, std::chrono::seconds(3));
        EXPECT_EQ(limits.idle_time, std::chrono::seconds(4));
    }
}

TEST_F(Config, NamesWhatIsWrongAtADoor) {
    const auto text = config::to_text(problems(with(
        good(), R"("base_url")",
        R"("tls": {"key": "k.pem", "client_needed": true}, "limits": {"idle_seconds": 0}, "base_url")")));
    for (const char* where :
         {"/public/tls/certificate: is missing", "/public/tls/client_needed: has a meaning with",
          "/public/limits/idle_seconds: a whole number"}) {
        EXPECT_NE(text.find(where), std::string::npos) << where << " is not in\n" << text;
    }
    const auto burst = config::to_text(problems(with(
        good(), R"("rights": ["create", "read"])", R"("rights": ["create", "read"], "burst": 5)")));
    EXPECT_EQ(burst, "/callers/0/burst: has a meaning with \"requests_per_second\" alone\n");
}

TEST_F(Config, RefusesTwoMembersOfOneName) {
    const auto found = problems(R"({"store": {"sqlite_file": "a", "sqlite_file": "b"}})");
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].what, "\"sqlite_file\" stands twice");
}

TEST_F(Config, SaysOnWhichLineItIsNotJson) {
    EXPECT_EQ(problems("{\n\n  x")[0].what, "is not JSON (line 3)");
}

TEST_F(Config, RefusesASecretThatOthersCanRead) {
    std::filesystem::permissions(folder_.file("app.pem"), std::filesystem::perms(0644));
    const auto found = problems(good());
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].where, "/apps/0/private_key/file");
}

TEST_F(Config, RefusesTheAppsOwnKeyInAlipaysPlace) {
    const auto found = problems(with(good(), "alipay.pem", "app_public.pem"));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NE(found[0].what.find("the app's own public key"), std::string::npos);
}

TEST_F(Config, TakesCertificatesInsteadOfAlipaysKeys) {
    const auto world = signing::make_certificate_world({.app_key = &test_keys().app,
                                                        .alipay_key = &test_keys().alipay,
                                                        .app_id = "2021",
                                                        .seller_id = "2088"});
    write("app.crt", world.app.pem, 0644);
    write("alipay.crt", world.alipay_file, 0644);
    write("root.crt", world.root_file, 0644);
    const std::string in_certificate_mode =
        with(good(), R"("alipay_public_keys": [{"file": "alipay.pem"}])",
             R"("certificates": {"app": {"file": "app.crt"}, "root": {"file": "root.crt"},
                                 "alipay": [{"file": "alipay.crt"}]})");
    EXPECT_EQ(config::to_text(problems(in_certificate_mode)), "");
    const auto text = [&](const std::string& old, const std::string& fresh) {
        return config::to_text(problems(with(in_certificate_mode, old, fresh)));
    };
    EXPECT_EQ(
        text(R"("certificates")", R"("alipay_public_keys": [{"file": "alipay.pem"}],
                                           "certificates")"),
        "/apps/0/certificates: and alipay_public_keys exclude each other: Alipay checks an app "
        "in one mode\n");
    EXPECT_EQ(text("app.crt", "alipay.crt"),
              "/apps/0/certificates/app: is not the certificate of private_key\n"
              "/apps/0/certificates/app: is the certificate of app 2088, not of app_id\n");
    EXPECT_EQ(text(R"([{"file": "alipay.crt"}])", R"([{"file": "app.crt"}])"),
              "/apps/0/certificates/alipay/0: is the app's own public key; Alipay's is needed (the "
              "console shows both)\n"
              "/apps/0/certificates/alipay/0: the certificate's issuer CN=Test Certification "
              "Authority Class 2 R1,OU=Alipay,O=Test,C=CN is not in the root file\n");
    EXPECT_EQ(text("root.crt", "app.pem"),
              "/apps/0/certificates/root: this is a key; a certificate (.crt) is needed here\n");
    EXPECT_EQ(text(R"("app_id": "2021")", R"("app_id": "2022")"),
              "/apps/0/certificates/app: is the certificate of app 2021, not of app_id\n");
}

TEST_F(Config, RefusesADemoKeyWithARealAddress) {
    write("app.pem", test_keys().app.to_pkcs8_pem({.with_demo_marker = true}).reveal(), 0600);
    const auto found = problems(good());
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NE(found[0].what.find("demo key"), std::string::npos);
    EXPECT_TRUE(problems(with(good(), "https://openapi.example", "http://127.0.0.1:8610")).empty());
}

TEST_F(Config, TakesApiV3OnlyWhereItCanBe) {
    const std::string v3 = with(good(), R"("gateway_url")", R"("api": "v3", "gateway_url")");
    EXPECT_EQ(config::to_text(problems(v3)), "");
    const auto text = config::to_text(
        problems(with(with(v3, "/gateway.do", "/gw"), R"("api")", R"("sign_type": "RSA", "api")")));
    EXPECT_NE(text.find("/apps/0/gateway_url: must end with /gateway.do"), std::string::npos);
    EXPECT_NE(text.find("/apps/0/sign_type: must be RSA2"), std::string::npos);
    EXPECT_FALSE(problems(with(v3, "\"v3\"", "\"v4\"")).empty());
}

TEST_F(Config, NamesATokenThatAlipayWouldNotTake) {
    const auto with_token = [&](const std::string& token) {
        write("token", token, 0600);
        return config::to_text(problems(with(
            good(), R"("gateway_url")", R"("app_auth_token": {"file": "token"}, "gateway_url")")));
    };
    EXPECT_EQ(with_token("201509BBeff9351ad1874306903e96b91d248A36\n"), "");
    for (const char* wrong : {"201509BBeff9351ad1874306903e96b91d248A361", "two words"}) {
        EXPECT_NE(with_token(wrong).find("/apps/0/app_auth_token: up to 40"), std::string::npos);
    }
}

TEST_F(Config, NamesAContentKeyThatIsNone) {
    const auto with_key = [&](const std::string& key) {
        write("aes", key, 0600);
        return config::to_text(problems(
            with(good(), R"("gateway_url")", R"("encrypt_key": {"file": "aes"}, "gateway_url")")));
    };
    EXPECT_EQ(with_key("MDEyMzQ1Njc4OWFiY2RlZg==\n"), "");
    EXPECT_NE(with_key("MDEyMzQ1Njc4OWFi").find("/apps/0/encrypt_key: "), std::string::npos);
    EXPECT_NE(with_key("not base64!").find("/apps/0/encrypt_key: "), std::string::npos);
}

TEST_F(Config, NamesWhatIsWrongWithTheConsolesOperators) {
    const auto console = [](const std::string& operators) {
        return with(good(), R"("callers")",
                    R"("console": {"operators": [)" + operators +
                        R"(], "session_minutes": 60}, "callers")");
    };
    const std::string hash = "scrypt$10$8$1$" + std::string(32, '0') + "$" + std::string(64, '0');
    const auto person = [&](const std::string& name, const std::string& role,
                            const std::string& kept) {
        return R"({"name": ")" + name + R"(", "role": ")" + role + R"(", "password_hash": ")" +
               kept + R"("})";
    };
    EXPECT_TRUE(problems(console(person("li", "admin", hash))).empty());
    const auto only = [&](const std::string& operators) {
        const auto found = problems(console(operators));
        return found.size() == 1 ? found[0].where : std::to_string(found.size()) + " problems";
    };
    EXPECT_EQ(only(person("Li", "admin", hash)), "/console/operators/0/name");
    EXPECT_EQ(only(person("li", "root", hash)), "/console/operators/0/role");
    EXPECT_EQ(only(person("li", "admin", hash) + "," + person("li", "viewer", hash)),
              "/console/operators/1/name");
    // Neither plain text, nor a hash that protects nothing, nor one that costs the machine.
    for (const std::string& kept :
         {std::string("secret"), "scrypt$9" + hash.substr(9), "scrypt$20$32" + hash.substr(11),
          hash + "0", hash.substr(0, hash.size() - 1) + "g"}) {
        EXPECT_EQ(only(person("li", "admin", kept)), "/console/operators/0/password_hash") << kept;
    }
    EXPECT_EQ(problems(console("")).size(), 1U);
}

TEST_F(Config, ReadsAnEndpointsOwnRulesOverTheCommonOnes) {
    const auto loaded = config::load(
        with(with(good(), R"("secrets": [{"file": "secret"}]})",
                  R"("secrets": [{"file": "secret"}], "description": "Orders", "apps": ["shop"],
                     "event_types": ["payment.*", "difference.opened"], "schedule": [1, 2, 3],
                     "ordered": true, "success_body": "success", "in_flight_max": 3})"),
             R"("callers")", R"("deliveries": {"schedule": "alipay", "timeout_seconds": 7,
                                "in_flight_max_each": 9, "park_after_hours": 0,
                                "allowed_networks": ["10.2.0.0/16"]}, "callers")"),
        folder_.path());
    const auto* settings = std::get_if<config::Settings>(&loaded);
    ASSERT_NE(settings, nullptr);
    const auto& defaults = settings->deliveries.defaults;
    EXPECT_EQ(defaults.waits, config::DeliveryRules::alipay_schedule());
    EXPECT_EQ(defaults.in_flight_max, 9);
    EXPECT_EQ(settings->deliveries.allowed_networks, std::vector<std::string>{"10.2.0.0/16"});
    const auto& endpoint = settings->endpoints.at(0);
    EXPECT_EQ(endpoint.rules.waits.size(), 3U);
    EXPECT_TRUE(endpoint.rules.ordered);
    EXPECT_EQ(endpoint.rules.success_body, "success");
    EXPECT_EQ(endpoint.rules.in_flight_max, 3);
    EXPECT_EQ(endpoint.rules.timeout, std::chrono::seconds(7));
    EXPECT_EQ(endpoint.rules.park_after.count(), 0);
    EXPECT_EQ(endpoint.event_types.size(), 2U);
}

TEST_F(Config, NamesWhatIsWrongWithDeliveryRules) {
    const std::string secrets = R"("secrets": [{"file": "secret"}]})";
    struct Mistake {
        const char* member;
        const char* problem;
    };
    for (const auto& [member, problem] : std::initializer_list<Mistake>{
             {R"("schedule": "never")", "/endpoints/0/schedule: "},
             {R"("schedule": [1, -1])", "/endpoints/0/schedule/1: a whole number"},
             {R"("schedule": 5)", "/endpoints/0/schedule: "},
             {R"("timeout_seconds": 31)", "/endpoints/0/timeout_seconds: a whole number"},
             {R"("in_flight_max": 0)", "/endpoints/0/in_flight_max: a whole number"},
             {R"("in_flight_max_each": 1)", "/endpoints/0/in_flight_max_each: is not a setting"},
             {R"("drain_per_second": 0)", "/endpoints/0/drain_per_second: a whole number"},
             {R"("ordered": 1)", "/endpoints/0/ordered: "},
             {R"("success_body": 1)", "/endpoints/0/success_body: a text"},
             {R"("park_after_hours": 9000)", "/endpoints/0/park_after_hours: a whole number"},
             {R"("event_types": ["paid"])", "/endpoints/0/event_types: \"paid\""},
             {R"("event_types": ["*"])", "/endpoints/0/event_types: \"*\""},
             {R"("apps": ["none"])", "/endpoints/0/apps: there is no app"},
             {R"("description": "")", "/endpoints/0/description: "},
             {R"("queue": {})", "/endpoints/0/queue/routing_key: is missing"},
         }) {
        const std::string text = config::to_text(problems(
            with(good(), secrets, secrets.substr(0, secrets.size() - 1) + ", " + member + "}")));
        EXPECT_NE(text.find(problem), std::string::npos) << member << " gives\n" << text;
    }
    const std::string long_body = R"("success_body": ")" + std::string(201, 'x') + "\"";
    for (const auto& [member, problem] : std::initializer_list<Mistake>{
             {R"("allowed_networks": ["10.0.0.1/8"])", "/deliveries/allowed_networks"},
             {R"("allowed_networks": ["intranet"])", "/deliveries/allowed_networks"},
             {R"("in_flight_max_each": 257)", "/deliveries/in_flight_max_each: a whole number"},
             {R"("in_flight_max": 5000)", "/deliveries/in_flight_max: a whole number"},
             {R"("schedule": [3600])", "/deliveries/schedule: must add up"},
             {long_body.c_str(), "/deliveries/success_body: at most 200 bytes"},
         }) {
        const std::string text = config::to_text(
            problems(with(good(), R"("callers")",
                          std::string(R"("deliveries": {)") + member + R"(}, "callers")")));
        EXPECT_NE(text.find(problem), std::string::npos) << member << " gives\n" << text;
    }
}

TEST_F(Config, ReadsAQueueInThePlaceOfAnAddress) {
    write("amqp", "amqp://orders:pass@broker.example/shop", 0600);
    const std::string url = R"("url": "http://127.0.0.1:9/events",
                           "secrets": [{"file": "secret"}])";
    const std::string queue =
        R"("queue": {"url": {"file": "amqp"}, "exchange": "payments", "routing_key": "{type}"})";
    EXPECT_EQ(config::to_text(problems(with(good(), url, queue))), "");
    const auto both = config::to_text(problems(with(good(), url, url + ", " + queue)));
    EXPECT_NE(both.find("/endpoints/0/url: is not a setting"), std::string::npos) << both;
    write("amqp", "http://broker.example", 0600);
    const auto wrong = config::to_text(problems(with(good(), url, queue)));
    EXPECT_NE(wrong.find("/endpoints/0/queue/url: must begin with amqp"), std::string::npos);
}

}  // namespace
}  // namespace tollgate
