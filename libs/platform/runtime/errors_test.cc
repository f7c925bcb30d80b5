#include "libs/platform/runtime/errors.h"

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"
#include "gtest/gtest.h"
#include "libs/base/resource_name.h"
#include "libs/base/status.h"

namespace kontor::runtime {
namespace {

absl::Status RoundTrip(const absl::Status& status) { return FromGrpc(ToGrpc(status)); }

TEST(ErrorsTest, ReasonAndRetryComeBack) {
  const absl::Status sent = WithRetryAfter(
      base::Error(absl::StatusCode::kResourceExhausted, "QUOTA_EXCEEDED", "slow down"), absl::Milliseconds(1250));
  const absl::Status got = RoundTrip(sent);
  EXPECT_EQ(got.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(got.message(), "slow down");
  EXPECT_EQ(base::ErrorReason(got), "QUOTA_EXCEEDED");
  EXPECT_EQ(RetryAfter(got), absl::Milliseconds(1250));
  EXPECT_TRUE(RoundTrip(absl::OkStatus()).ok());
}

TEST(ErrorsTest, ViolationsComeBack) {
  base::Violations violations;
  violations.Add("a", "FIRST", "is wrong");
  violations.Add("b[2].c", "SECOND", "is: wrong, too");
  const absl::Status got = RoundTrip(violations.ToStatus());
  EXPECT_EQ(base::ErrorReason(got), "FIRST");
  ASSERT_EQ(base::ErrorViolations(got).size(), 2u);
  EXPECT_EQ(base::ErrorViolations(got)[1].field, "b[2].c");
  EXPECT_EQ(base::ErrorViolations(got)[1].reason, "SECOND");
  EXPECT_EQ(base::ErrorViolations(got)[1].description, "is: wrong, too");
}

TEST(ErrorsTest, EveryErrorHasAnErrorInfo) {
  google::rpc::Status rpc;
  ASSERT_TRUE(rpc.ParseFromString(ToGrpc(absl::NotFoundError("gone")).error_details()));
  google::rpc::ErrorInfo info;
  ASSERT_EQ(rpc.details_size(), 1);
  ASSERT_TRUE(rpc.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "NOT_FOUND");
  EXPECT_EQ(info.domain(), "kontor");
  EXPECT_EQ(rpc.code(), 5);
}

TEST(ErrorsTest, FitsIntoTheTrailersThatCallersAccept) {
  base::Violations violations;
  for (int i = 0; i < 5000; ++i) {
    violations.Add(absl::StrCat("events[", i, "].order.lines[0].amount"), "NEGATIVE", std::string(2000, 'x'));
  }
  const grpc::Status status = ToGrpc(violations.ToStatus());
  // 8 KiB in all; base64 takes 4/3, percent-encoding up to 3.
  EXPECT_LT(status.error_details().size() * 4 / 3 + status.error_message().size() * 3, 7500u);
  EXPECT_GT(base::ErrorViolations(FromGrpc(status)).size(), 3u);
  google::rpc::Status rpc;
  ASSERT_TRUE(rpc.ParseFromString(status.error_details()));
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(rpc.details(0).UnpackTo(&info));
  EXPECT_EQ(info.metadata().at("violations"), "5000");
}

TEST(ErrorsTest, MessagesAreValidUtf8AndShort) {
  for (const std::string& message : {std::string("\xff\xfe broken"), std::string(10'000, '\xc3'),
                                     std::string("ä") + std::string(3000, 'b'), std::string(499, 'a') + "äöü"}) {
    const grpc::Status status = ToGrpc(absl::InternalError(message));
    EXPECT_TRUE(base::IsValidUtf8(status.error_message()));
    EXPECT_LE(status.error_message().size(), 503u);
  }
}

TEST(ErrorsTest, ForeignErrorsStayPlain) {
  const absl::Status plain = FromGrpc(grpc::Status(grpc::StatusCode::UNAVAILABLE, "failed to connect"));
  EXPECT_EQ(plain, absl::UnavailableError("failed to connect"));
  const absl::Status garbage = FromGrpc(grpc::Status(grpc::StatusCode::INTERNAL, "x", "\xff\xff not a status"));
  EXPECT_EQ(garbage.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(base::ErrorReason(garbage), "");
}

}  // namespace
}  // namespace kontor::runtime
