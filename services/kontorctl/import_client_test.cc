#include "services/kontorctl/import_client.h"

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "kontor/ingest/v1/ingest_service.grpc.pb.h"
#include "libs/testing/status_matchers.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::ingest::v1;

// Takes every unit, and is away for CreateImport once after the last of them.
class ServiceAwayAfterTheLastUnit final : public v1::ImportService::Service {
 public:
  grpc::Status CreateImport(grpc::ServerContext*, const v1::CreateImportRequest*, v1::Import* import) override {
    if (done_ && !was_away_.exchange(true)) return {grpc::StatusCode::UNAVAILABLE, "restarting"};
    import->set_name("shops/default/imports/i");
    import->set_state(done_ ? v1::Import::STATE_DONE : v1::Import::STATE_RUNNING);
    import->set_committed_units(units_);
    return grpc::Status::OK;
  }
  grpc::Status UploadUnits(grpc::ServerContext*,
                           grpc::ServerReaderWriter<v1::UploadUnitsResponse, v1::UploadUnitsRequest>* stream) override {
    v1::UploadUnitsRequest request;
    while (stream->Read(&request)) {
      units_ += request.units_size();
      if (request.last()) done_ = true;
      stream->Write(v1::UploadUnitsResponse());
    }
    return grpc::Status::OK;
  }
  bool was_away() const { return was_away_; }
  int64_t units() const { return units_; }

 private:
  std::atomic<bool> done_ = false, was_away_ = false;
  std::atomic<int64_t> units_ = 0;
};

TEST(ImportClient, AServerThatIsAwayAfterTheLastUnitIsAskedAgain) {
  ServiceAwayAfterTheLastUnit service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  ASSERT_NE(server, nullptr);
  const std::string path = absl::StrCat(::testing::TempDir(), "import_client_test.", getpid(), ".csv");
  std::ofstream(path) << "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
                         "1,A,a,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n";
  KONTOR_ASSERT_OK_AND_ASSIGN(const Arguments arguments,
                              Arguments::Parse({"--address", absl::StrCat("127.0.0.1:", port)}, {"address"}, {}));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Session session, Session::Open(arguments));
  KONTOR_ASSERT_OK_AND_ASSIGN(v1::ImportMapping mapping, LoadMapping("services/kontorctl/mappings/online-retail.json"));
  mapping.clear_products();

  const auto imports = ImportFile(session, path, mapping, [](const ImportStanding&) {});
  std::remove(path.c_str());
  ASSERT_THAT(imports, testing::IsOk());
  ASSERT_EQ(imports->size(), 1u);
  EXPECT_EQ((*imports)[0].state(), v1::Import::STATE_DONE);
  EXPECT_TRUE(service.was_away());
  EXPECT_EQ(service.units(), 1);
}

}  // namespace
}  // namespace kontor::ctl
