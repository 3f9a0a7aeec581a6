//! Functions that make keys, certificates and password hashes: known by name, so that a template may mention them.

use super::{Made, of};
use crate::template::Param::{Any, Int, List, Text};
use crate::template::{Call, Function, Value};

pub static FUNCTIONS: &[Function] = &[
    of("bcrypt", &[Text], refuse),
    of("htpasswd", &[Text, Text], refuse),
    of("genPrivateKey", &[Text], refuse),
    of("derivePassword", &[Any, Text, Text, Text, Text], refuse),
    of("buildCustomCert", &[Text, Text], refuse),
    of("genCA", &[Text, Int], refuse),
    of("genCAWithKey", &[Text, Int, Text], refuse),
    of("genSelfSignedCert", &[Text, List, List, Int], refuse),
    of("genSelfSignedCertWithKey", &[Text, List, List, Int, Text], refuse),
    of("genSignedCert", &[Text, List, List, Int, Any], refuse),
    of("genSignedCertWithKey", &[Text, List, List, Int, Any, Text], refuse),
    of("encryptAES", &[Text, Text], refuse),
    of("decryptAES", &[Text, Text], refuse),
];

fn refuse(_: &Call, _: &[Value]) -> Made {
    Err("keys, certificates and password hashes are not made while a spec is read; write the value down".to_owned())
}
