#include "services/kontorctl/session.h"

#include <string>

#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"
#include "services/kontorctl/arguments.h"

namespace kontor::ctl {
namespace {

absl::StatusCode Opened(const std::string& address) {
  const auto arguments = Arguments::Parse({"--address", address, "--key", "k"}, {"address", "key"}, {});
  return arguments.ok() ? Session::Open(*arguments).status().code() : arguments.status().code();
}

TEST(Session, TakesOneAddressOrThoseOfServices) {
  EXPECT_EQ(Opened("127.0.0.1:1"), absl::StatusCode::kOk);
  EXPECT_EQ(Opened("ingest=h:1,analytics=h:2,recommendations=h:3,search=h:4,forecasting=h:5"), absl::StatusCode::kOk);
  EXPECT_EQ(Opened("ingest=h:1,search=h:2"), absl::StatusCode::kOk);
  for (const char* wrong : {"", "search=", "searching=h:1", "search=h:1,search=h:2", "h:1,h:2", "search=h:1,h:2"}) {
    EXPECT_EQ(Opened(wrong), absl::StatusCode::kInvalidArgument) << wrong;
  }
}

TEST(Session, AServiceIsAskedAtItsOwnAddress) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const Arguments arguments,
                              Arguments::Parse({"--address", "ingest=h:1,search=h:2"}, {"address"}, {}));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Session session, Session::Open(arguments));
  EXPECT_NE(session.channel("ingest"), session.channel("search"));
}

}  // namespace
}  // namespace kontor::ctl
