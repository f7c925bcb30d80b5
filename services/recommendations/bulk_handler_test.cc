#include "services/recommendations/bulk_handler.h"

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/recommendations/test_handler.h"

namespace kontor::recommendations {
namespace {

using kontor::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class FakeSubjects : public SubjectList {
 public:
  absl::StatusOr<std::vector<std::string>> After(absl::string_view, absl::string_view last, int limit) override {
    std::vector<std::string> page;
    for (const std::string& subject : subjects) {
      if (subject > last && static_cast<int>(page.size()) < limit) page.push_back(subject);
    }
    return page;
  }
  std::vector<std::string> subjects;  // ascending
};

// Keeps what is written; may call back with each.
class Kept : public runtime::MessageWriter {
 public:
  absl::Status Write(const google::protobuf::Message& message) override {
    responses.push_back(static_cast<const v1::StreamRecommendationsResponse&>(message));
    return on_write ? on_write() : absl::OkStatus();
  }
  std::vector<v1::StreamRecommendationsResponse> responses;
  std::function<absl::Status()> on_write;
};

class BulkHandlerTest : public RecommendHandlerTest {
 protected:
  BulkHandlerTest() {
    bulk_request_.set_parent("shops/default");
    bulk_request_.mutable_request()->set_page_size(3);
  }
  absl::Status Run() {
    runtime::Writer<v1::StreamRecommendationsResponse> writer(kept_);
    return bulk_.Stream(call_, bulk_request_, writer);
  }

  FakeSubjects subjects_;
  BulkHandler bulk_{{answerer_, histories_, subjects_, online_}};
  v1::StreamRecommendationsRequest bulk_request_;
  Kept kept_;
};

TEST_F(BulkHandlerTest, AnswersEveryoneInOrderAsRecommendWould) {
  KnowTeaDrinker();
  bulk_request_.add_customer_ids("stranger");
  bulk_request_.add_customer_ids("17850");
  KONTOR_ASSERT_OK(Run());
  ASSERT_THAT(kept_.responses, SizeIs(2));
  EXPECT_EQ(kept_.responses[0].customer_id(), "stranger");
  EXPECT_EQ(kept_.responses[0].response().tier(), v1::TIER_POPULAR);
  EXPECT_EQ(kept_.responses[1].subject_token(), CustomerToken("17850"));
  request_.set_page_size(3);
  EXPECT_EQ(Products(kept_.responses[1].response()), Products(Ask()));
  EXPECT_NE(kept_.responses[0].response().attribution_token(), kept_.responses[1].response().attribution_token());
}

TEST_F(BulkHandlerTest, GoesOnBehindTheLastResponse) {
  for (int i = 0; i < 5; ++i) bulk_request_.add_customer_ids(absl::StrCat("c", i));
  kept_.on_write = [&] {
    return kept_.responses.size() == 2 ? absl::UnavailableError("the caller's network") : absl::OkStatus();
  };
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kUnavailable));
  bulk_request_.set_resume_token(kept_.responses.back().resume_token());
  KONTOR_ASSERT_OK(Run());
  std::vector<std::string> customers;
  for (const auto& response : kept_.responses) customers.push_back(response.customer_id());
  EXPECT_THAT(customers, ElementsAre("c0", "c1", "c2", "c3", "c4"));
  for (const char* wrong : {"l.99", "l.-1", "a.x", "nonsense"}) {
    bulk_request_.set_resume_token(wrong);
    EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kInvalidArgument)) << wrong;
  }
}

TEST_F(BulkHandlerTest, WalksAllCustomersInPages) {
  for (int i = 0; i < 450; ++i) subjects_.subjects.push_back(absl::StrCat("t", 1000 + i));
  bulk_request_.set_all_customers(true);
  KONTOR_ASSERT_OK(Run());
  ASSERT_THAT(kept_.responses, SizeIs(450));
  EXPECT_EQ(kept_.responses[449].subject_token(), "t1449");
  EXPECT_EQ(kept_.responses[449].customer_id(), "");
  bulk_request_.set_resume_token(kept_.responses[399].resume_token());
  kept_.responses.clear();
  KONTOR_ASSERT_OK(Run());
  EXPECT_THAT(kept_.responses, SizeIs(50));
}

TEST_F(BulkHandlerTest, NamesEveryViolation) {
  bulk_request_.mutable_request()->set_page_size(1000);
  bulk_request_.mutable_request()->set_customer_id("1");
  const absl::Status status = Run();
  std::vector<std::string> fields;
  for (const base::Violation& violation : base::ErrorViolations(status)) fields.push_back(violation.field);
  EXPECT_THAT(fields, ElementsAre("request.page_size", "request", "customer_ids"));
}

TEST_F(BulkHandlerTest, AHistoryThatCannotBeReadEndsTheStreamToGoOnLater) {
  bulk_request_.add_customer_ids("1");
  histories_.Fail(absl::UnavailableError("away"));
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(BulkHandlerTest, EndsWithItsCallAndWithTheProcess) {
  for (int i = 0; i < 100'000; ++i) bulk_request_.add_customer_ids(absl::StrCat("c", i));
  kept_.on_write = [&] {
    if (kept_.responses.size() == 3) call_.token->Cancel();
    return absl::OkStatus();
  };
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(kept_.responses, SizeIs(3));
  call_.token = std::make_shared<runtime::CancelToken>();
  call_.drain->Cancel();
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kUnavailable, kReasonDraining));
  EXPECT_THAT(kept_.responses, SizeIs(3));
}

TEST_F(BulkHandlerTest, GivesWayToSingleRequestsButNeverForEver) {
  for (int i = 0; i < 5; ++i) bulk_request_.add_customer_ids(absl::StrCat("c", i));
  const OnlineLoad::Scope busy(online_);
  const auto start = std::chrono::steady_clock::now();
  KONTOR_ASSERT_OK(Run());
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(5 * 9));
  EXPECT_THAT(kept_.responses, SizeIs(5));
}

}  // namespace
}  // namespace kontor::recommendations
