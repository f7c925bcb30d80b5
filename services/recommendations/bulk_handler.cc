#include "services/recommendations/bulk_handler.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/errors.h"
#include "services/recommendations/check_request.h"

namespace kontor::recommendations {
namespace {

constexpr int kPage = 200;
constexpr absl::Duration kPause = absl::Microseconds(500), kLongestPause = absl::Milliseconds(10);
constexpr char kListPrefix[] = "l.", kAllPrefix[] = "a.";  // of resume tokens: the next number; the last token

absl::Status WrongResumeToken() {
  base::Violations violations;
  violations.Add("resume_token", "RESUME_TOKEN_INVALID", "pass one that came from the same request");
  return violations.ToStatus();
}

}  // namespace

absl::Status BulkHandler::Stream(const runtime::CallContext& call, const v1::StreamRecommendationsRequest& request,
                                 runtime::Writer<v1::StreamRecommendationsResponse>& writer) {
  RETURN_IF_ERROR(CheckBulk(request));
  return request.all_customers() ? StreamAll(call, request, writer) : StreamList(call, request, writer);
}

absl::Status BulkHandler::StreamList(const runtime::CallContext& call, const v1::StreamRecommendationsRequest& request,
                                     runtime::Writer<v1::StreamRecommendationsResponse>& writer) {
  int next = 0;
  absl::string_view token = request.resume_token();
  if (!token.empty() && (!absl::ConsumePrefix(&token, kListPrefix) || !absl::SimpleAtoi(token, &next) || next < 0 ||
                         next > request.customer_ids_size())) {
    return WrongResumeToken();
  }
  for (; next < request.customer_ids_size(); ++next) {
    const std::string& customer = request.customer_ids(next);
    RETURN_IF_ERROR(Send(
        call, request.request(),
        {customer, parts_.answerer.CustomerToken(call.shop, customer), absl::StrCat(kListPrefix, next + 1)}, writer));
  }
  return absl::OkStatus();
}

absl::Status BulkHandler::StreamAll(const runtime::CallContext& call, const v1::StreamRecommendationsRequest& request,
                                    runtime::Writer<v1::StreamRecommendationsResponse>& writer) {
  absl::string_view token = request.resume_token();
  if (!token.empty() && !absl::ConsumePrefix(&token, kAllPrefix)) return WrongResumeToken();
  std::string last(token);
  for (;;) {
    ASSIGN_OR_RETURN(const std::vector<std::string> page, parts_.subjects.After(call.shop, last, kPage));
    for (const std::string& subject : page) {
      RETURN_IF_ERROR(Send(call, request.request(), {"", subject, absl::StrCat(kAllPrefix, subject)}, writer));
    }
    if (page.size() < kPage) return absl::OkStatus();
    last = page.back();
  }
}

absl::Status BulkHandler::Send(const runtime::CallContext& call, const v1::RecommendRequest& request,
                               const Recipient& recipient, runtime::Writer<v1::StreamRecommendationsResponse>& writer) {
  RETURN_IF_ERROR(GiveWay(call));
  ASSIGN_OR_RETURN(const Answerer::Setting setting, parts_.answerer.Set(call, request, recipient.token));
  ASSIGN_OR_RETURN(FoundHistory found, parts_.histories.Get(call.shop, recipient.token));
  v1::StreamRecommendationsResponse response;
  {
    base::MutexLock lock(ranking_);
    const Answerer::Person person = parts_.answerer.Lay(setting, recipient.token, std::move(found), request);
    *response.mutable_response() = parts_.answerer.Give(setting, request, person, call.remaining()).response;
  }
  response.set_customer_id(recipient.customer_id);
  response.set_subject_token(recipient.token);
  response.set_resume_token(recipient.resume_token);
  return writer.Write(response);
}

absl::Status BulkHandler::GiveWay(const runtime::CallContext& call) const {
  for (absl::Duration waited; waited < kLongestPause && parts_.online.running() > 0; waited += kPause) {
    if (!call.Sleep(kPause)) break;
  }
  if (call.cancelled()) return absl::CancelledError("the caller has gone");
  if (call.remaining() == absl::ZeroDuration()) return absl::DeadlineExceededError("the deadline has passed");
  if (!call.draining()) return absl::OkStatus();
  return runtime::WithRetryAfter(base::Error(absl::StatusCode::kUnavailable, kReasonDraining,
                                             "this process ends; go on at another with the last resume_token"),
                                 absl::ZeroDuration());
}

}  // namespace kontor::recommendations
