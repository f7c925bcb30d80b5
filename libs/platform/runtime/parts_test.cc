// The small parts of the wrapper: cancel tokens, quota, pool, trace context, shop fields.
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include "gtest/gtest.h"
#include "libs/platform/runtime/background.h"
#include "libs/platform/runtime/call_context.h"
#include "libs/platform/runtime/method.h"
#include "libs/platform/runtime/quota.h"
#include "libs/platform/runtime/testdata/echo_service.pb.h"
#include "libs/platform/runtime/trace.h"
#include "libs/platform/runtime/worker_pool.h"

namespace kontor::runtime {
namespace {

using SteadyClock = std::chrono::steady_clock;

TEST(CancelTokenTest, RunsEachCallbackOnce) {
  CancelToken token;
  int ran = 0;
  const auto kept = token.OnCancel([&] { ++ran; });
  {
    const auto dropped = token.OnCancel([&] { ran += 100; });
  }
  token.Cancel();
  token.Cancel();
  EXPECT_EQ(ran, 1);
  const auto late = token.OnCancel([&] { ran += 10; });
  EXPECT_EQ(ran, 11);
}

TEST(CancelTokenTest, ARegistrationWaitsForItsRunningCallback) {
  CancelToken token;
  std::promise<void> running;
  std::atomic<bool> finished{false};
  std::thread canceller;
  {
    const auto registration = token.OnCancel([&] {
      running.set_value();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));  // stands for work
      finished = true;
    });
    canceller = std::thread([&] { token.Cancel(); });
    running.get_future().wait();
  }
  EXPECT_TRUE(finished);
  canceller.join();
}

TEST(CallContextTest, SleepEndsAtCancellationDrainAndDeadline) {
  CallContext context;
  EXPECT_TRUE(context.Sleep(absl::Milliseconds(1)));
  EXPECT_EQ(context.remaining(), absl::InfiniteDuration());
  EXPECT_EQ(context.wall_deadline(), absl::InfiniteFuture());
  CallContext late;
  late.deadline = SteadyClock::now() + std::chrono::milliseconds(5);
  EXPECT_FALSE(late.Sleep(absl::InfiniteDuration()));
  EXPECT_TRUE(late.cancelled());
  EXPECT_EQ(late.remaining(), absl::ZeroDuration());
  std::thread drainer([&] { context.drain->Cancel(); });
  EXPECT_FALSE(context.Sleep(absl::InfiniteDuration()));
  EXPECT_FALSE(context.cancelled());
  drainer.join();
  CallContext other;
  other.token->Cancel();
  EXPECT_FALSE(other.Sleep(absl::Minutes(1)));
}

TEST(QuotaTest, RefillsByTime) {
  Quota quota(10, 2);
  const auto start = SteadyClock::now();
  EXPECT_EQ(quota.Take("a", start), absl::ZeroDuration());
  EXPECT_EQ(quota.Take("a", start), absl::ZeroDuration());
  EXPECT_EQ(quota.Take("a", start), absl::Milliseconds(100));  // one token at ten per second
  EXPECT_EQ(quota.Take("b", start), absl::ZeroDuration());
  EXPECT_GT(quota.Take("a", start + std::chrono::milliseconds(99)), absl::ZeroDuration());
  EXPECT_EQ(quota.Take("a", start + std::chrono::milliseconds(101)), absl::ZeroDuration());
  EXPECT_GT(quota.Take("a", start), absl::ZeroDuration()) << "an earlier time gives nothing back";
  EXPECT_EQ(Quota(0, 0).Take("a", start), absl::ZeroDuration());
}

TEST(WorkerPoolTest, RunsWhatItTookAndRefusesTheRest) {
  Metrics metrics;
  WorkerPool pool("test", 2, 3, metrics);
  std::promise<void> go;
  std::shared_future<void> gate = go.get_future().share();
  std::atomic<int> ran{0};
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(pool.TrySubmit([&ran, gate] {
      gate.wait();
      ++ran;
    }));
  }
  EXPECT_FALSE(pool.TrySubmit([&ran] { ran += 100; }));
  go.set_value();
  pool.Stop();
  EXPECT_EQ(ran, 5);
  EXPECT_FALSE(pool.TrySubmit([] {}));
}

TEST(WorkerPoolTest, ALaneThatHangsLeavesRoomForTheOthers) {
  Metrics metrics;
  WorkerPool pool("test", 4, 12, metrics);
  pool.SetLanes(2);
  std::promise<void> go;
  std::shared_future<void> gate = go.get_future().share();
  for (int i = 0; i < 12; ++i) EXPECT_TRUE(pool.TrySubmit([gate] { gate.wait(); }, 0));
  EXPECT_FALSE(pool.TrySubmit([] {}, 0)) << "three quarters of all places";
  for (int i = 0; i < 4; ++i) {
    std::promise<void> ran;
    EXPECT_TRUE(pool.TrySubmit([&ran] { ran.set_value(); }, 1));
    ran.get_future().wait();  // for ever, were all threads taken
  }
  go.set_value();
  pool.Stop();
}

TEST(BackgroundTest, StandsBehindCallsOnAThreadOfItsOwn) {
  const auto nice_of_thread = [] { return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); };
  const int mine = nice_of_thread();
  int its = 0, its_child = 0;
  RunBehindCalls([&] {
    its = nice_of_thread();
    std::thread([&] { its_child = nice_of_thread(); }).join();
  });
  EXPECT_GT(its, mine);
  EXPECT_EQ(its_child, its);
  EXPECT_EQ(nice_of_thread(), mine);
}

TEST(TraceTest, TakesAValidHeaderAndReplacesOthers) {
  const std::string id = "0af7651916cd43dd8448eb211c80319c";
  EXPECT_EQ(TraceFrom("00-" + id + "-b7ad6b7169203331-01").trace_id, id);
  EXPECT_EQ(TraceFrom("00-" + id + "-b7ad6b7169203331-01").span_id, "b7ad6b7169203331");
  EXPECT_EQ(TraceFrom("01-" + id + "-b7ad6b7169203331-01-more").trace_id, id);
  for (const std::string& bad :
       {std::string(), "ff-" + id + "-b7ad6b7169203331-01", "00-" + id + "-b7ad6b7169203331-01-more",
        "00-" + std::string(32, '0') + "-b7ad6b7169203331-01", "00-" + id + "-" + std::string(16, '0') + "-01",
        std::string("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"), "00-" + id, std::string(10'000, '0')}) {
    const TraceParent made = TraceFrom(bad);
    EXPECT_EQ(made.trace_id.size(), 32u) << bad;
    EXPECT_NE(made.trace_id, id) << bad;
    EXPECT_EQ(made.span_id, "");
  }
  EXPECT_EQ(TraceFrom(NewTraceHeader(id)).trace_id, id);
  EXPECT_NE(NewTraceHeader(), NewTraceHeader());
}

TEST(ShopFieldTest, IsFoundFromTheDescriptor) {
  testdata::EchoRequest echo;
  echo.set_parent("shops/books/imports/1");
  EXPECT_EQ(*ShopField::Of(*echo.GetDescriptor()).Read(echo), "books");
  testdata::UpdateItemRequest update;
  update.mutable_item()->set_name("shops/toys/items/1");
  EXPECT_EQ(*ShopField::Of(*update.GetDescriptor()).Read(update), "toys");
  EXPECT_FALSE(ShopField::Of(*testdata::GlobalRequest::descriptor()).exists());
}

TEST(MetricsTest, TheSameNameAndLabelsAreTheSameMetric) {
  Metrics metrics;
  metrics.counter("jobs_total", "Jobs.", {{"kind", "a"}}).Add(2);
  metrics.counter("jobs_total", "Jobs.", {{"kind", "a"}}).Add();
  EXPECT_EQ(metrics.counter("jobs_total", "Jobs.", {{"kind", "a"}}).value(), 3);
  metrics.gauge("lag_seconds", "Lag.").Set(1.5);
  metrics.histogram("size_bytes", "Sizes.", {}, {10, 100}).Observe(50);
  const std::string text = metrics.Text();
  EXPECT_NE(text.find("jobs_total{kind=\"a\"} 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("lag_seconds 1.5\n"), std::string::npos);
  EXPECT_NE(text.find("size_bytes_bucket{le=\"100\"} 1\n"), std::string::npos);
}

}  // namespace
}  // namespace kontor::runtime
