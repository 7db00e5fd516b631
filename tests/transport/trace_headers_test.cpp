#include "transport/trace_headers.h"

#include <gtest/gtest.h>

namespace tollgate::transport {
namespace {

constexpr const char* kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr const char* kOther = "00-11111111111111111111111111111111-2222222222222222-01";

std::string state_of(const HeaderList& headers) {
    const auto context = trace_of(headers);
    if (!context) return "no trace";
    return context->state == nullptr ? "none" : *context->state;
}

TEST(TraceHeaders, AreReadInAnyLetters) {
    const auto context = trace_of({{"Host", "x"}, {"TraceParent", kParent}});
    ASSERT_TRUE(context);
    EXPECT_EQ(to_traceparent(*context), kParent);
    EXPECT_FALSE(trace_of({{"Host", "x"}, {"trace-parent", kParent}}));
}

TEST(TraceHeaders, AreNoneWhenTraceparentStandsTwice) {
    EXPECT_FALSE(trace_of({{"traceparent", kParent}, {"traceparent", kOther}}));
    EXPECT_FALSE(trace_of({{"traceparent", kParent}, {"traceparent", kParent}}));
    EXPECT_FALSE(trace_of({{"traceparent", "00-wrong"}, {"traceparent", kParent}}));
}

TEST(TraceHeaders, KeepTracestateAsItCameAndOnlyWithItsTrace) {
    EXPECT_EQ(state_of({{"traceparent", kParent}, {"tracestate", "a=1 , b=2"}}), "a=1 , b=2");
    EXPECT_EQ(state_of({{"tracestate", "a=1"}, {"traceparent", kParent}, {"tracestate", "b=2"}}),
              "a=1,b=2");
    EXPECT_EQ(state_of({{"traceparent", kParent}, {"tracestate", "A=1"}}), "none");
    EXPECT_EQ(state_of({{"traceparent", kParent}, {"tracestate", ""}}), "none");
    EXPECT_EQ(state_of({{"traceparent", kParent}}), "none");
    EXPECT_EQ(state_of({{"traceparent", "00-wrong"}, {"tracestate", "a=1"}}), "no trace");
    EXPECT_EQ(state_of({{"tracestate", "a=1"}}), "no trace");
}

}  // namespace
}  // namespace tollgate::transport
