#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/memory_event_log.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/temporary_folder.h"
#include "services/recommendations/fake_history_store.h"
#include "services/recommendations/recommend_handler.h"
#include "services/recommendations/test_model.h"
#include "services/recommendations/test_records.h"

// RecommendHandler over a log in memory and histories that a test puts in.
namespace kontor::recommendations {

inline constexpr int64_t kDay = 86'400'000'000;
inline constexpr int64_t kStart = 1'320'000'000'000'000;  // 30 Oct 2011 18:40 UTC

class FollowerOnly : public AppliedViews {
 public:
  explicit FollowerOnly(const LiveFollower& live) : live_(live) {}
  absl::Status WaitUntilApplied(const log::Position& position, absl::Duration timeout) const override {
    return live_.follower().WaitUntilApplied(position, timeout);
  }

 private:
  const LiveFollower& live_;
};

class PlainHistories : public HistoryReader {
 public:
  PlainHistories(HistoryStore& cached, HistoryStore& stored) : cached_(cached), stored_(stored) {}
  absl::StatusOr<FoundHistory> Get(absl::string_view shop, absl::string_view subject, const Demand& demand) override {
    patience = demand.patience;
    return (demand.past_caches ? stored_ : cached_).Get(shop, subject);
  }
  absl::Duration patience;  // of the last call

 private:
  HistoryStore& cached_;
  HistoryStore& stored_;
};

class RecommendHandlerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { served_ = SmallModel(); }
  static void TearDownTestSuite() { served_.reset(); }

  RecommendHandlerTest()
      : log_(log::MakeMemoryEventLog(clock_)),
        registry_(*registry::Registry::Open({folder_.path()}, clock_)),
        models_(registry_, shops_),
        live_(*log_, clock_, shops_, metrics_),
        views_(live_),
        rules_(shops_),
        serving_({models_, live_, rules_, clock_, shops_}),
        requests_(shops_),
        answerer_({serving_, live_, reader_, views_, placements_, clock_, metrics_, kTestSecret, 1}),
        handler_(answerer_, requests_, online_) {
    EXPECT_TRUE(log_->CreateTopics(fleet::AllTopics(2)).ok());
    EXPECT_TRUE(live_.Start({}).ok());
    Serve(served_);
    call_.shop = kTestShop;
    request_.set_parent("shops/default");
  }

  void Send(const char* topic, const std::string& key, const std::string& bytes) {
    const auto positions = log_->Append(topic, {{key, bytes, clock_.Now()}});
    ASSERT_TRUE(positions.ok());
    ASSERT_TRUE(live_.follower().WaitUntilApplied((*positions)[0], absl::Seconds(30)).ok());
    serving_.Refresh(kTestShop);
  }
  void Serve(std::shared_ptr<const ServedModel> model) {
    models_.Publish(kTestShop, std::move(model));
    serving_.Refresh(kTestShop);
  }
  void SendProduct(const std::string& id, const std::string& title, const std::string& category) {
    Send(fleet::kCatalog, id, RecordBytes(Product(id, title, {category})));
  }
  v1::RecommendResponse Ask() {
    const auto response = handler_.Recommend(call_, request_);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.value_or(v1::RecommendResponse());
  }
  static std::vector<std::string> Products(const v1::RecommendResponse& response) {
    std::vector<std::string> products;
    for (const auto& one : response.recommendations()) products.push_back(one.product_id());
    return products;
  }
  void KnowTeaDrinker() {
    histories_.Put(
        kTestShop, CustomerToken("17850"),
        {{"o-3", kStart + 2 * kDay, {"TEA", "CUP"}}, {"o-2", kStart + kDay, {"TEA"}}, {"o-1", kStart, {"TEA"}}});
    request_.set_customer_id("17850");
  }

  kontor::testing::FakeClock clock_;
  const kontor::testing::TemporaryFolder folder_{"kontor-models"};
  const std::vector<fleet::Shop> shops_ = {{kTestShop, absl::UTCTimeZone()}};
  runtime::Metrics metrics_;
  std::unique_ptr<log::EventLog> log_;
  registry::Registry registry_;
  ServingModels models_;
  LiveFollower live_;
  FakeHistoryStore histories_, stored_;
  PlainHistories reader_{histories_, stored_};
  FollowerOnly views_;
  RuleBook rules_;
  PlacementBook placements_{shops_};
  ServingViews serving_;
  RequestLog requests_;
  OnlineLoad online_;
  Answerer answerer_;
  RecommendHandler handler_;
  runtime::CallContext call_;
  v1::RecommendRequest request_;

  static inline std::shared_ptr<const ServedModel> served_;
};

}  // namespace kontor::recommendations
