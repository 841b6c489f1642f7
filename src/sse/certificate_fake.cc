#include "sse/certificate_fake.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>

namespace wikiflow::sse {
namespace {

void must(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("cannot make a certificate for the test: ") + what);
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), &X509_EXTENSION_free);
  must(extension != nullptr, "extension");
  X509_add_ext(certificate, extension.get(), -1);
}

}  // namespace

Certificate::Certificate(const std::string& name)
    : key_(EVP_EC_gen("P-256"), &EVP_PKEY_free), certificate_(X509_new(), &X509_free) {
  must(key_ != nullptr && certificate_ != nullptr, "key");
  X509* const x = certificate_.get();
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x), 24L * 3600);
  X509_set_pubkey(x, key_.get());
  X509_NAME* const subject = X509_get_subject_name(x);
  const std::string common = "wikiflow test";
  X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common.data()),
                             static_cast<int>(common.size()), -1, 0);
  X509_set_issuer_name(x, subject);
  add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(x, NID_subject_alt_name, name);
  must(X509_sign(x, key_.get(), EVP_sha256()) != 0, "signature");

  file_ = (std::filesystem::temp_directory_path() / "wikiflow-test-ca-XXXXXX").string();
  const int fd = mkstemp(file_.data());
  must(fd >= 0, "file");
  const std::unique_ptr<FILE, decltype(&std::fclose)> file(fdopen(fd, "w"), &std::fclose);
  must(file != nullptr && PEM_write_X509(file.get(), x) == 1, "file");
}

Certificate::~Certificate() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

void Certificate::use_in(SSL_CTX* context) const {
  must(SSL_CTX_use_certificate(context, certificate_.get()) == 1 &&
           SSL_CTX_use_PrivateKey(context, key_.get()) == 1,
       "context");
}

}  // namespace wikiflow::sse
