#pragma once

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/platform/opensearch/bulk.h"
#include "libs/platform/opensearch/client.h"
#include "libs/testing/private_opensearch.h"
#include "services/search/opensearch_document.h"
#include "services/search/settings.h"

namespace kontor::search {

// An index of the given shop on the test binary's node, behind its alias, empty; for tests.
class OpenSearchTestIndex {
 public:
  explicit OpenSearchTestIndex(std::string shop, size_t dimensions = 0) : shop_(std::move(shop)) {
    auto client = opensearch::Client::Create({kontor::testing::PrivateOpenSearch::Shared().url()});
    EXPECT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
    Must("PUT", "/_scripts/" + FoldScriptId(), FoldScriptBody());
    Must("PUT", absl::StrCat("/", alias(), "-test"), IndexDefinition(ServingSettings(), {"en", dimensions}));
    Must("PUT", absl::StrCat("/", alias(), "-test/_alias/", alias()), "");
  }
  ~OpenSearchTestIndex() { Must("DELETE", absl::StrCat("/", alias(), "-test"), ""); }

  const opensearch::Client& client() const { return *client_; }
  std::string alias() const { return OpenSearchAlias(shop_); }

  // The answer, which must be a good one.
  std::string Must(const std::string& method, const std::string& path, const std::string& body) const {
    const auto answer = client_->Send(method, path, body, absl::Now() + absl::Seconds(30));
    EXPECT_TRUE(answer.ok()) << method << " " << path << ": " << answer.status();
    return answer.value_or("{}");
  }
  // Every action must succeed; what they wrote can be found afterwards.
  void Write(const std::string& actions) const {
    const auto statuses = opensearch::Bulk(*client_, alias(), actions, absl::Now() + absl::Seconds(30));
    ASSERT_TRUE(statuses.ok()) << statuses.status();
    for (const absl::Status& status : *statuses) ASSERT_TRUE(status.ok()) << status;
    Must("POST", absl::StrCat("/", alias(), "/_refresh"), "");
  }
  void Add(const text::Analyzer& analyzer, const Product& product, const LiveValues& live) const {
    Write(absl::StrCat("{\"index\":{\"_id\":\"", product.id, "\"}}\n", DocumentJson(analyzer, product, live), "\n"));
  }

 private:
  const std::string shop_;
  std::unique_ptr<opensearch::Client> client_;
};

}  // namespace kontor::search
