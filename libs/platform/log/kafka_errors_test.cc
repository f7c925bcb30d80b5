#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/platform/log/kafka_event_log.h"
#include "libs/testing/eventually.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/log/kafka_world.h"
#include "libs/testing/status_matchers.h"

// Errors that a broker answers, injected into librdkafka's mock cluster: needs no JVM.
namespace kontor::log {
namespace {

using kontor::testing::Eventually;
using kontor::testing::IsOk;
using kontor::testing::IsOkAndHolds;
using kontor::testing::StatusIs;

constexpr int16_t kProduce = 0, kFetch = 1, kListOffsets = 2, kInitProducerId = 22;

class KafkaErrors : public ::testing::Test {
 protected:
  KafkaErrors() {
    host_ = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0);
    cluster_ = rd_kafka_mock_cluster_new(host_, 1);
    rd_kafka_mock_topic_create(cluster_, "orders", 1, 1);
    log_ = OpenKafkaEventLog(clock_, {.bootstrap_servers = rd_kafka_mock_cluster_bootstraps(cluster_),
                                      .append_timeout = absl::Seconds(2)})
               .value();
  }
  ~KafkaErrors() override {
    log_.reset();
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(host_);
  }

  void Push(int16_t request, const std::vector<rd_kafka_resp_err_t>& errors) {
    rd_kafka_mock_push_request_errors_array(cluster_, request, errors.size(), errors.data());
  }

  kontor::testing::FakeClock clock_;
  rd_kafka_t* host_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  std::unique_ptr<EventLog> log_;
};

TEST_F(KafkaErrors, WhatPassesIsTriedAgainAndAppendedOnce) {
  int64_t appended = 0;
  for (rd_kafka_resp_err_t error :
       {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR__TRANSPORT}) {
    Push(kProduce, {error, error});
    EXPECT_THAT(log_->Append("orders", {{"k", absl::StrCat(appended)}, {"k", "second"}}), IsOk())
        << rd_kafka_err2name(error);
    appended += 2;
    EXPECT_THAT(log_->End("orders", 0), IsOkAndHolds(appended)) << rd_kafka_err2name(error);
  }
  EXPECT_EQ(AllBytes(*log_, "orders").count("second"), static_cast<size_t>(appended / 2));
}

TEST_F(KafkaErrors, WhatStaysIsToldAndTheNextAppendGoesOn) {
  const std::pair<rd_kafka_resp_err_t, absl::StatusCode> cases[] = {
      {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, absl::StatusCode::kUnavailable},
      {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, absl::StatusCode::kInvalidArgument},
      {RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, absl::StatusCode::kUnavailable}};
  for (const auto& [error, code] : cases) {
    Push(kProduce, {error});
    EXPECT_THAT(log_->Append("orders", {{"k", "refused"}}), StatusIs(code)) << rd_kafka_err2name(error);
    EXPECT_TRUE(Eventually([&] { return log_->Append("orders", {{"k", "taken"}}).ok(); })) << rd_kafka_err2name(error);
  }
  EXPECT_EQ(AllBytes(*log_, "orders").count("refused"), 0u);
}

// librdkafka gives up a client whose sequence has a gap; ours is replaced.
TEST_F(KafkaErrors, AProducerThatLostItsIdempotenceIsReplaced) {
  ASSERT_THAT(log_->Append("orders", {{"k", "first"}}), IsOk());
  Push(kProduce, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
  EXPECT_THAT(log_->Append("orders", {{"k", "refused"}}), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(log_->Append("orders", {{"k", "second"}}), IsOk());
  EXPECT_EQ(AllBytes(*log_, "orders").size(), 2u);
}

TEST_F(KafkaErrors, AnErrorThatDoesNotPassIsADeadline) {
  Push(kProduce, std::vector<rd_kafka_resp_err_t>(1000, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS));
  EXPECT_THAT(log_->Append("orders", {{"k", "v"}}), StatusIs(absl::StatusCode::kDeadlineExceeded));
  rd_kafka_mock_clear_request_errors(cluster_, kProduce);
  EXPECT_THAT(log_->Append("orders", {{"k", "w"}}), IsOk());
}

TEST_F(KafkaErrors, ABrokerThatIsAwayIsWaitedForAndThenADeadline) {
  ASSERT_THAT(log_->Append("orders", {{"k", "before"}}), IsOk());
  rd_kafka_mock_broker_set_down(cluster_, 1);
  EXPECT_THAT(log_->Append("orders", {{"k", "v"}}), StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(log_->Read("orders", 0, 0, {}), ::testing::Not(IsOk()));
  rd_kafka_mock_broker_set_up(cluster_, 1);
  EXPECT_TRUE(Eventually([&] { return log_->Append("orders", {{"k", "after"}}).ok(); }));
  EXPECT_EQ(AllBytes(*log_, "orders").count("before"), 1u);
}

TEST_F(KafkaErrors, ASlowProducerIdIsWaitedFor) {
  Push(kInitProducerId, {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE});
  EXPECT_THAT(log_->Append("orders", {{"k", "v"}}), IsOk());
}

TEST_F(KafkaErrors, ReadsGoOnAfterErrors) {
  ASSERT_THAT(log_->Append("orders", std::vector<NewRecord>(10, {"k", "v"})), IsOk());
  Push(kFetch, {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR__TRANSPORT});
  Push(kListOffsets, {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION});
  EXPECT_TRUE(Eventually([&] {
    const auto records = log_->Read("orders", 0, 0, {});
    return records.ok() && records->size() == 10;
  }));
  EXPECT_THAT(log_->Read("orders", 0, 11, {}), StatusIs(absl::StatusCode::kOutOfRange, kReasonBeyondLogEnd));
}

}  // namespace
}  // namespace kontor::log
